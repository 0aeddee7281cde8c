// SPDX-License-Identifier: Apache-2.0
#include "server/rest/exchange.h"

#include <fmt/format.h>

#include "server/lifecycle/stopping.h"
#include "server/rest/infer_answer.h"
#include "server/rpc/control/calls/message.h"
#include "server/transport/net/event_loop.h"

namespace hillock::rest {
namespace {

// What the loop does itself takes less than a millisecond. JSON is read at some 50 MB/s, written
// from floats at some 100 MB/s, and compressed at less.
constexpr size_t kInlineJsonBytes = 32 << 10;
constexpr size_t kInlineAnswerBytes = 64 << 10;
constexpr size_t kInlineGzipBytes = 16 << 10;

constexpr size_t kInflateStep = 256 << 10;

// Smaller bodies fit one packet as they are.
constexpr size_t kCompressFrom = 1024;

}  // namespace

void Exchange::Open() {
  if (request_.route->rpc.empty()) return Finish(absl::OkStatus(), {});
  handler_ = services_.router.Open(*this);
  if (handler_ == nullptr && !finished_) {
    Finish(absl::UnimplementedError(fmt::format("there is no {}", request_.route->rpc)), {});
  }
}

std::string_view Exchange::metadata(std::string_view name) const {
  if (name == "authorization") return request_.authorization;
  if (name == "traceparent") return request_.traceparent;
  return {};
}

void Exchange::Take(transport::Buffer bytes, size_t offset, size_t length, Nanos now) {
  if (finished_) return;
  arrived_ = now;
  bytes_ = std::move(bytes);
  offset_ = offset;
  length_ = length;
  if (request_.encoding != transport::Encoding::kIdentity) {
    bytes_.DropFront(offset);
    bytes_.Truncate(length);
    inflater_.emplace(std::move(bytes_), services_.max_message_bytes, NewBuffer());
    return;
  }
  Do(Step::kMessage, request_.json_length.value_or(length), kInlineJsonBytes);
}

void Exchange::Inflate() {
  if (owner_ == nullptr) return inflater_.reset();
  const absl::StatusOr<bool> done = inflater_->Step(kInflateStep);
  if (done.ok() && !*done) return;
  if (done.ok()) bytes_ = inflater_->TakeOutput();
  inflater_.reset();
  // To gRPC, damage is an internal error.
  if (absl::IsInternal(done.status())) {
    return Break(absl::InvalidArgumentError("got a body that cannot be decompressed"));
  }
  if (!done.ok()) return Break(done.status());
  offset_ = 0;
  length_ = bytes_.size();
  Do(Step::kMessage, request_.json_length.value_or(length_), kInlineJsonBytes);
}

// The handler counts it, and may finish the call itself.
void Exchange::Break(const absl::Status& status) {
  if (handler_ != nullptr) handler_->OnBroken(status);
  Finish(status, {});
}

void Exchange::Do(Step step, size_t bytes, size_t inline_bytes) {
  step_ = step;
  if (bytes <= inline_bytes) return Done(Run(step));
  const absl::Status taken = services_.worker.Submit(shared_from_this());
  with_worker_ = taken.ok();
  if (!taken.ok()) Done(taken);
}

absl::Status Exchange::Run(Step step) {
  return step == Step::kMessage ? MakeMessage(message_) : MakeAnswer();
}

// On the worker's thread, as Drop().
void Exchange::Run() {
  if (step_ == Step::kMessage) message_ = transport::Buffer();  // without an account
  worked_ = Run(step_);
  Post();
}

void Exchange::Drop() {
  worked_ = lifecycle::StoppingError();
  Post();
}

void Exchange::Post() {
  services_.loop.Post([self = shared_from_this()] { self->ComeBack(); });
}

// The worker may be the last to let go of this, so no buffer is kept for it to free.
void Exchange::ComeBack() {
  with_worker_ = false;
  if (owner_ == nullptr) {
    bytes_.Free();
    response_.Free();
    return;
  }
  if (worked_.ok() && step_ == Step::kMessage) worked_ = ChargeMessage();
  Done(worked_);
}

absl::Status Exchange::ChargeMessage() {
  transport::Buffer charged = NewBuffer();
  if (!charged.TryReserve(message_.size())) return transport::OutOfRequestMemory();
  charged.Append(message_.view());
  message_ = std::move(charged);
  return absl::OkStatus();
}

void Exchange::Done(const absl::Status& status) {
  if (step_ == Step::kMessage) {
    bytes_.Free();
    return status.ok() ? Deliver() : Break(status);
  }
  if (!status.ok()) answer_ = ErrorAnswer(status);
  SetReady();
}

absl::Status Exchange::MakeMessage(transport::Buffer& message) {
  if (request_.route->infers()) return MakeInferMessage(message);
  HILLOCK_RETURN_IF_ERROR(rpc::CheckControlRequestBytes(length_));
  HILLOCK_ASSIGN_OR_RETURN(const std::string made, request_.route->message(request_.names, body()));
  message.Reserve(made.size());  // an empty message needs its headroom, too
  message.Append(made);
  return absl::OkStatus();
}

absl::Status Exchange::MakeInferMessage(transport::Buffer& message) {
  const size_t json_length = request_.json_length.value_or(length_);
  if (json_length > length_) {
    return absl::InvalidArgumentError(
        fmt::format("got Inference-Header-Content-Length {}, want at most the {} bytes of the body",
                    json_length, length_));
  }
  HILLOCK_ASSIGN_OR_RETURN(const InferRequest request,
                           ParseInferRequest(body().substr(0, json_length),
                                             services_.max_message_bytes / sizeof(float)));
  timeout_ = request.timeout;
  binary_outputs_ = BinaryOutputs(request);
  HILLOCK_RETURN_IF_ERROR(WriteInferRequest(request, request_.names.model, request_.names.version,
                                            body().substr(json_length), message));
  if (message.size() <= services_.max_message_bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      fmt::format("got a request whose tensors take {} bytes, want at most {}", message.size(),
                  services_.max_message_bytes));
}

void Exchange::Deliver() {
  if (timeout_) deadline_ = arrived_ + *timeout_;
  handler_->OnMessage(std::move(message_));
  handler_->OnHalfClose();
}

void Exchange::Send(transport::Buffer message, bool) { response_ = std::move(message); }

void Exchange::Finish(const absl::Status& status, transport::Metadata) {
  if (std::exchange(finished_, true)) return;
  status_ = status;
  if (owner_ != nullptr) owner_->OnProgress();
}

void Exchange::Advance() {
  if (!finished_ || std::exchange(concluded_, true)) return;
  if (handler_ != nullptr) std::exchange(handler_, nullptr)->OnClosed(/*finished=*/true);
  Conclude();
}

void Exchange::Conclude() {
  if (!status_.ok()) {
    answer_ = ErrorAnswer(status_);
    return SetReady();
  }
  Do(Step::kAnswer, response_.size(),
     request_.accepts_gzip ? kInlineGzipBytes : kInlineAnswerBytes);
}

absl::Status Exchange::MakeAnswer() {
  if (request_.route->infers()) {
    HILLOCK_ASSIGN_OR_RETURN(answer_, MakeInferAnswer(response_.view(), binary_outputs_));
  } else {
    answer_ = request_.route->answer(request_.names, response_.view());
  }
  if (request_.accepts_gzip && answer_.body.size() >= kCompressFrom) Compress();
  return absl::OkStatus();
}

void Exchange::Compress() {
  transport::Buffer compressed;
  transport::Gzip(answer_.body, compressed);
  answer_.body = std::string(compressed.view());
  answer_.headers += "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n";
}

void Exchange::SetReady() {
  response_.Free();
  ready_ = true;
  if (owner_ != nullptr) owner_->OnProgress();
}

// The handler may answer before OnClosed() returns. What the worker has is freed when it comes
// back.
void Exchange::Abandon() {
  owner_ = nullptr;
  finished_ = true;
  if (handler_ != nullptr) std::exchange(handler_, nullptr)->OnClosed(/*finished=*/false);
  if (with_worker_) services_.worker.Withdraw(*this);
}

}  // namespace hillock::rest
