// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/calls/unary_call.h"

#include <utility>

#include "server/lifecycle/stopping.h"
#include "server/rpc/control/calls/message.h"

namespace hillock::rpc {

transport::Handler* UnaryCall::Open(transport::Call& call, UnaryFunction function, Worker* worker) {
  const std::shared_ptr<UnaryCall> made(new UnaryCall(call, std::move(function), worker));
  made->self_ = made;
  return made.get();
}

UnaryCall::UnaryCall(transport::Call& call, UnaryFunction function, Worker* worker)
    : SingleRequestHandler(call),
      loop_(call.loop()),
      function_(std::move(function)),
      worker_(worker) {}

void UnaryCall::OnRequest(std::string request) {
  request_ = std::move(request);
  if (worker_ == nullptr) {
    answer_ = function_(request_);
    return Answer();
  }
  if (const auto taken = worker_->Submit(self_); !taken.ok()) Finish(taken);
}

// Run() and Drop() are on another thread, where the transport's call may not be touched and may be
// gone: they leave the answer, and the loop takes it from there.
void UnaryCall::Run() {
  answer_ = function_(request_);
  PostAnswer();
}

void UnaryCall::Drop() {
  answer_ = lifecycle::StoppingError();
  PostAnswer();
}

void UnaryCall::PostAnswer() {
  loop_.Post([self = shared_from_this()] { self->Answer(); });
}

void UnaryCall::Answer() {
  if (call() == nullptr) return;
  const absl::StatusOr<std::string> answer = std::move(answer_);
  if (!answer.ok()) return Finish(answer.status());
  SendBytes(*answer, *call());
  Finish(absl::OkStatus());
}

void UnaryCall::OnOver() {
  // A task that runs now is not withdrawn: it holds a reference, and its answer finds no call.
  if (worker_ != nullptr) worker_->Withdraw(*this);
  self_.reset();
}

}  // namespace hillock::rpc
