// SPDX-License-Identifier: Apache-2.0
#include "client/load/grpc_worker.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <string>
#include <utility>

#include "client/load/answer_check.h"
#include "proto/inference.pb.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

const std::string kMethod = "/inference.GRPCInferenceService/ModelInfer";

Nanos Now() { return Clock::Monotonic().Now(); }

}  // namespace

GrpcWorker::GrpcWorker(const LoadPlan& plan, ThreadShare share)
    : plan_(plan), share_(share), requests_(ByteBuffersOf(plan)), turn_(plan) {}

GrpcWorker::~GrpcWorker() { Shutdown(queue_); }

absl::Status GrpcWorker::Connect() {
  HILLOCK_ASSIGN_OR_RETURN(connections_, ConnectChannels(plan_, share_.Of(plan_.connections)));
  return absl::OkStatus();
}

size_t GrpcWorker::CountLost() { return share_.Of(plan_.connections) - CountReady(connections_); }

LoadTally GrpcWorker::Run(std::chrono::nanoseconds duration) {
  run_.emplace(plan_, share_, duration);
  cancelled_ = false;
  for (Nanos now = run_->start(); Step(now);) now = Now();
  return run_->TakeTally();
}

// Sends what is due and takes an answer if one comes. False when the run is over.
bool GrpcWorker::Step(Nanos now) {
  if (now < run_->end() && stop_.load(std::memory_order_relaxed)) run_->EndEarly(now);
  SendDue(now);
  const bool has_room = first_free_ != nullptr || calls_.size() < MostCalls();
  const Nanos next = has_room ? run_->schedule().Next(now) : Schedule::kNever;
  if (in_flight_ == 0 && next == Schedule::kNever) return false;
  const Nanos until = std::min(next, cancelled_ ? Schedule::kNever : run_->give_up());
  const auto event = NextEvent(queue_, now, until);
  now = Now();
  if (event) Complete(*static_cast<Call*>(event->tag), now);
  if (now >= run_->give_up() && !std::exchange(cancelled_, true)) CancelAll();
  return true;
}

void GrpcWorker::SendDue(Nanos now) {
  while (run_->schedule().Next(now) <= now) {
    Call* const call = FreeCall();
    if (call == nullptr) return;
    Send(*call, *run_->schedule().Take(now));
  }
}

void GrpcWorker::Send(Call& call, Nanos intended) {
  call.context.emplace();
  // A lost connection makes requests wait rather than fail, and be sent again, without pause.
  call.context->set_wait_for_ready(true);
  if (plan_.deadline.count() > 0) {
    call.context->set_deadline(gpr_time_from_millis(plan_.deadline.count(), GPR_TIMESPAN));
  }
  call.request = turn_.Take();
  const grpc::ByteBuffer& request = requests_[call.request];
  call.intended = intended;
  call.in_flight = true;
  ++in_flight_;
  call.reader = call.connection->stub->PrepareUnaryCall(&*call.context, kMethod, request, &queue_);
  call.reader->StartCall();
  call.reader->Finish(&call.response, &call.status, &call);
}

// Makes an answer that is not the expected one a failure.
void GrpcWorker::CheckAnswer(Call& call) const {
  if (plan_.expected.empty() || !call.status.ok()) return;
  inference::ModelInferResponse answer;
  call.status = grpc::SerializationTraits<inference::ModelInferResponse>::Deserialize(
      &call.response, &answer);
  if (!call.status.ok()) return;
  const absl::Status same = client::CheckAnswer(plan_.expected, call.request, answer);
  if (same.ok()) return;
  call.status = grpc::Status(grpc::StatusCode::DATA_LOSS, std::string(same.message()));
}

void GrpcWorker::Complete(Call& call, Nanos now) {
  CheckAnswer(call);
  const auto code = static_cast<absl::StatusCode>(call.status.error_code());
  const bool given_up = cancelled_ && code == absl::StatusCode::kCancelled;
  run_->Record(call.intended, code, given_up ? run_->give_up_text() : call.status.error_message(),
               now);
  CountAnswer();
  // In this order: the reader is in the memory of the context's call.
  call.reader.reset();
  call.context.reset();
  call.response.Clear();
  call.in_flight = false;
  --in_flight_;
  Free(call);
}

void GrpcWorker::CancelAll() {
  for (Call& call : calls_) {
    if (call.in_flight) call.context->TryCancel();
  }
}

size_t GrpcWorker::MostCalls() const { return connections_.size() * plan_.outstanding; }

GrpcWorker::Call* GrpcWorker::FreeCall() {
  if (Call* const call = first_free_; call != nullptr) {
    first_free_ = call->next_free;
    return call;
  }
  if (calls_.size() == MostCalls()) return nullptr;
  Call& call = calls_.emplace_back();
  call.connection = &connections_[(calls_.size() - 1) % connections_.size()];
  return &call;
}

void GrpcWorker::Free(Call& call) {
  call.next_free = nullptr;
  (first_free_ == nullptr ? first_free_ : last_free_->next_free) = &call;
  last_free_ = &call;
}

}  // namespace hillock::client
