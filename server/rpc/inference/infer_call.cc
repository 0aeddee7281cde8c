// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/inference/infer_call.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "server/core/base/status.h"
#include "server/scheduling/admission.h"
#include "server/scheduling/reactor.h"

namespace hillock::rpc {
namespace {

// When gRPC's clients may try again, in milliseconds.
constexpr char kPushback[] = "grpc-retry-pushback-ms";

constexpr size_t kMaxIdleCalls = 1024;

transport::Metadata TrailersOf(const absl::Status& status) {
  const int64_t pushback = scheduling::RetryPushback(status);
  if (pushback < 0) return {};
  return {{kPushback, std::to_string(pushback)}};
}

}  // namespace

// One ModelInfer call. Two parties hold it, the transport until OnClosed() and the batcher from
// OnHalfClose() until Answer(), and either may let go first:
//
//     kNoMessage --OnMessage()--> kReceived --OnHalfClose()--> kServing --Answer()--> kAnswered
//         |                           |                            |                      |
//         |                           |                            | OnClosed()           |
//         |                           |                            v                      |
//         |                           |                       kAbandoned                  |
//         |                           |                            | Answer()             |
//         v                           v                            v                      v
//     recycled; from kNoMessage, kReceived and kAnswered by OnClosed()
//
// A message too many, or none, is refused, which is an Answer() at once.
class InferCall final : public transport::Handler, public InferJob {
 public:
  explicit InferCall(InferCalls& owner) : InferJob(owner.context_), owner_(owner) {}

  void Open(transport::Call& call) {
    call_ = &call;
    state_ = State::kNoMessage;
  }

  void OnMessage(transport::Buffer message) override;
  void OnHalfClose() override;
  void OnBroken(const absl::Status& status) override { Refuse(status); }
  void OnClosed(bool finished) override;

 private:
  enum class State { kNoMessage, kReceived, kServing, kAnswered, kAbandoned };

  void Answer(const absl::Status& status) override;
  std::string_view MetadataOf(std::string_view name) const override {
    return state_ == State::kAbandoned ? std::string_view() : call_->metadata(name);
  }

  InferCalls& owner_;
  State state_ = State::kNoMessage;
  transport::Call* call_ = nullptr;  // not to be used from kAbandoned on
  transport::Buffer message_;
};

InferCalls::InferCalls(const InferContext& context) : context_(context) {}

InferCalls::~InferCalls() = default;

transport::Handler* InferCalls::Open(transport::Call& call) {
  if (idle_.empty()) idle_.push_back(std::make_unique<InferCall>(*this));
  InferCall* const infer = idle_.back().release();
  idle_.pop_back();
  infer->Open(call);
  return infer;
}

void InferCalls::Recycle(InferCall& call) {
  std::unique_ptr<InferCall> owned(&call);
  if (idle_.size() < kMaxIdleCalls) idle_.push_back(std::move(owned));
}

void InferCall::OnMessage(transport::Buffer message) {
  if (state_ == State::kReceived) {
    return Refuse(absl::InternalError("got a second message, want one"));
  }
  message_ = std::move(message);
  state_ = State::kReceived;
}

// The request is served here and not in OnMessage(), as a second message may follow.
void InferCall::OnHalfClose() {
  if (state_ == State::kNoMessage) return Refuse(absl::InternalError("got no message, want one"));
  state_ = State::kServing;
  Serve(std::move(message_), AnswerKind::kUnary, call_->deadline(), call_->NewBuffer());
}

void InferCall::Answer(const absl::Status& status) {
  const bool abandoned = std::exchange(state_, State::kAnswered) == State::kAbandoned;
  ReleaseRequest();
  if (abandoned || !status.ok()) answer().Free();
  if (abandoned) return owner_.Recycle(*this);
  if (status.ok()) {
    call_->Send(std::move(answer()));
    call_->Finish(status);
  } else {
    call_->Finish(status, TrailersOf(status));
  }
}

// Abandon() may call Answer() before it returns, which recycles.
void InferCall::OnClosed(bool) {
  message_.Free();
  if (state_ != State::kServing) return owner_.Recycle(*this);
  state_ = State::kAbandoned;
  Abandon();
}

}  // namespace hillock::rpc
