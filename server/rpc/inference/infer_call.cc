#include "server/rpc/inference/infer_call.h"

#include <string>
#include <utility>

#include "server/scheduling/admission.h"

namespace hillock::rpc {
namespace {

// When gRPC's clients may try again, in milliseconds.
constexpr char kPushback[] = "grpc-retry-pushback-ms";

constexpr size_t kKeptCalls = 1024;

transport::Metadata TrailersOf(const absl::Status& status) {
  const int64_t pushback = scheduling::RetryPushback(status);
  if (pushback < 0) return {};
  return {{kPushback, std::to_string(pushback)}};
}

}  // namespace

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
  if (idle_.size() < kKeptCalls) idle_.push_back(std::move(owned));
}

void InferCall::Open(transport::Call& call) {
  call_ = &call;
  has_message_ = answered_ = serving_ = false;
}

void InferCall::OnMessage(transport::Buffer message) {
  if (has_message_) return Refuse(absl::InternalError("got a second message, want one"));
  message_ = std::move(message);
  has_message_ = true;
}

void InferCall::OnHalfClose() {
  if (!has_message_) return Refuse(absl::InternalError("got no message, want one"));
  serving_ = true;
  Serve(std::move(message_), AnswerKind::kUnary, call_->deadline(), call_->NewBuffer());
}

void InferCall::Answer(const absl::Status& status) {
  answered_ = true;
  serving_ = false;
  ReleaseRequest();
  if (call_ == nullptr) {
    answer().Free();
    return owner_.Recycle(*this);
  }
  if (status.ok()) {
    call_->Send(std::move(answer()));
    call_->Finish(status);
  } else {
    answer().Free();
    call_->Finish(status, TrailersOf(status));
  }
}

void InferCall::OnClosed(bool) {
  call_ = nullptr;
  message_.Free();
  if (!serving_) return owner_.Recycle(*this);
  Abandon();
}

}  // namespace hillock::rpc
