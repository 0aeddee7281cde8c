// SPDX-License-Identifier: Apache-2.0
#include "tests/interop/test_calls.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <utility>

#include "server/core/base/status.h"
#include "tests/interop/grpc_test.pb.h"

namespace hillock::interop {
namespace {

namespace pb = grpc::testing;

constexpr std::string_view kService = "/grpc.testing.TestService/";
constexpr std::string_view kEchoInitial = "x-grpc-test-echo-initial";
constexpr std::string_view kEchoTrailing = "x-grpc-test-echo-trailing-bin";

constexpr char kServerId[] = "hillock";
constexpr Nanos kMicrosecond = 1'000;

// A client that does not read its answers is held back while more than this has not left.
constexpr size_t kMaxUnsentBytes = size_t{1} << 20;

// The client's size may be negative, or as large as it likes.
constexpr int32_t kMaxPayload = 64 << 20;

absl::Status StatusOf(const pb::EchoStatus& echo) {
  return {static_cast<absl::StatusCode>(echo.code()), echo.message()};
}

// One call: reads messages of type Request, and answers.
template <typename Request>
class TestCall : public transport::Handler {
 public:
  explicit TestCall(transport::Call& call) : call_(&call) {
    for (auto& [name, value] : call.AllMetadata()) {
      if (name == kEchoInitial) call.AddInitialMetadata(name, value);
      if (name == kEchoTrailing) trailers_.emplace_back(name, value);
    }
  }
  virtual ~TestCall() = default;

  void OnMessage(transport::Buffer message) final {
    if (call_ == nullptr) return;
    Request request;
    if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
      return Finish(absl::InternalError("the request is no message of its type"));
    }
    Take(request);
  }
  void OnHalfClose() final {
    if (call_ != nullptr) Complete();
  }
  void OnBroken(const absl::Status&) final { call_ = nullptr; }
  void OnSent() final {
    if (call_ != nullptr) HoldBack();
  }
  void OnClosed(bool) final { delete this; }

 protected:
  virtual void Take(const Request& request) = 0;
  virtual void Complete() = 0;

  bool is_over() const { return call_ == nullptr; }

  // Ends the call unless the message of OnMessage() came compressed as it says.
  void CheckCompression(bool expected) {
    if (call_->message_was_compressed() == expected) return;
    Finish(absl::InvalidArgumentError(expected ? "the request is not compressed"
                                               : "the request is compressed"));
  }

  void Send(const google::protobuf::Message& message, bool compress = false) {
    transport::Buffer buffer = call_->NewBuffer();
    const size_t size = message.ByteSizeLong();
    if (size > 0) message.SerializeToArray(buffer.Extend(size), static_cast<int>(size));
    call_->Send(std::move(buffer), compress);
    HoldBack();
  }

  void Finish(const absl::Status& status) {
    std::exchange(call_, nullptr)->Finish(status, std::move(trailers_));
  }

 private:
  void HoldBack() {
    const bool paused = call_->unsent_bytes() > kMaxUnsentBytes;
    if (std::exchange(paused_, paused) != paused) call_->SetPaused(paused);
  }

  transport::Call* call_;  // null once it has been finished
  transport::Metadata trailers_;
  bool paused_ = false;
};

class EmptyCall final : public TestCall<pb::Empty> {
 public:
  using TestCall::TestCall;

 private:
  void Take(const pb::Empty&) override {}
  void Complete() override {
    Send(pb::Empty());
    Finish(absl::OkStatus());
  }
};

class UnaryCall final : public TestCall<pb::SimpleRequest> {
 public:
  using TestCall::TestCall;

 private:
  void Take(const pb::SimpleRequest& request) override {
    request_ = request;
    if (request.has_expect_compressed()) CheckCompression(request.expect_compressed().value());
  }
  void Complete() override {
    if (request_.response_size() < 0 || request_.response_size() > kMaxPayload) {
      return Finish(absl::InvalidArgumentError("no response can have such a size"));
    }
    if (request_.response_status().code() != 0) return Finish(StatusOf(request_.response_status()));
    pb::SimpleResponse response;
    response.mutable_payload()->mutable_body()->resize(
        static_cast<size_t>(request_.response_size()));
    if (request_.fill_server_id()) response.set_server_id(kServerId);
    Send(response, request_.response_compressed().value());
    Finish(absl::OkStatus());
  }

  pb::SimpleRequest request_;
};

class InputCall final : public TestCall<pb::StreamingInputCallRequest> {
 public:
  using TestCall::TestCall;

 private:
  void Take(const pb::StreamingInputCallRequest& request) override {
    size_ += request.payload().body().size();
    if (request.has_expect_compressed()) CheckCompression(request.expect_compressed().value());
  }
  void Complete() override {
    pb::StreamingInputCallResponse response;
    response.set_aggregated_payload_size(static_cast<int32_t>(size_));
    Send(response);
    Finish(absl::OkStatus());
  }

  size_t size_ = 0;
};

// Answers the requests in order, each part of an answer after its pause.
class OutputCall final : public TestCall<pb::StreamingOutputCallRequest>, private Timers::Worker {
 public:
  // `waits`: until all requests have come.
  OutputCall(transport::Call& call, Timers& timers, bool waits)
      : TestCall(call), timers_(timers), waits_(waits) {}
  ~OutputCall() override { timers_.Remove(due_, *this); }

 private:
  void Take(const pb::StreamingOutputCallRequest& request) override {
    for (const auto& part : request.response_parameters()) {
      if (part.size() < 0 || part.size() > kMaxPayload) {
        return Finish(absl::InvalidArgumentError("no response can have such a size"));
      }
      parts_.push_back(part);
    }
    if (request.response_status().code() != 0) status_ = StatusOf(request.response_status());
    if (!waits_ && due_ == kNoDeadline) Go();
  }

  void Complete() override {
    complete_ = true;
    if (due_ == kNoDeadline) Go();
  }

  void OnTime() override {
    due_ = kNoDeadline;
    if (is_over()) return;
    SendPart();
    Go();
  }

  void Go() {
    while (!parts_.empty()) {
      if (const int32_t pause = parts_.front().interval_us(); pause > 0) {
        due_ = timers_.Now() + pause * kMicrosecond;
        return timers_.Add(due_, *this);
      }
      SendPart();
    }
    if (complete_ || !status_.ok()) Finish(status_);
  }

  void SendPart() {
    const pb::ResponseParameters part = std::move(parts_.front());
    parts_.pop_front();
    pb::StreamingOutputCallResponse response;
    response.mutable_payload()->mutable_body()->resize(static_cast<size_t>(part.size()));
    Send(response, part.compressed().value());
  }

  Timers& timers_;
  const bool waits_;
  std::deque<pb::ResponseParameters> parts_;
  absl::Status status_;
  Nanos due_ = kNoDeadline;  // when the first part is, if that is being waited for
  bool complete_ = false;
};

}  // namespace

void Timers::Run() {
  while (!sleepers_.empty() && sleepers_.begin()->first <= Now()) {
    Worker* const sleeper = sleepers_.begin()->second;
    sleepers_.erase(sleepers_.begin());
    sleeper->OnTime();
  }
}

transport::Handler* TestRouter::Open(transport::Call& call) {
  if (!call.path().starts_with(kService)) return nullptr;
  const std::string_view method = call.path().substr(kService.size());
  if (method == "EmptyCall") return new EmptyCall(call);
  if (method == "UnaryCall") return new UnaryCall(call);
  if (method == "StreamingInputCall") return new InputCall(call);
  if (method == "StreamingOutputCall") return new OutputCall(call, timers_, false);
  if (method == "FullDuplexCall") return new OutputCall(call, timers_, false);
  if (method == "HalfDuplexCall") return new OutputCall(call, timers_, true);
  return nullptr;
}

}  // namespace hillock::interop
