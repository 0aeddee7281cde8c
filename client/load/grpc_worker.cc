// SPDX-License-Identifier: Apache-2.0
#include "client/load/grpc_worker.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "client/load/answer_check.h"
#include "proto/inference.pb.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

const std::string kMethod = "/inference.GRPCInferenceService/ModelInfer";

// gRPC waits in whole milliseconds, rounded up, so the last ones are polled away.
constexpr Nanos kPollAhead = 2'000'000;

// Stop() takes effect within this time.
constexpr Nanos kLongestWait = 100'000'000;

// How long to wait for answers when a run is stopped early.
constexpr Nanos kBriefly = 1'000'000'000;

const std::string kGivenUp = "no answer within the time to wait after the end of the run";

Nanos Now() { return Clock::Monotonic().Now(); }

}  // namespace

GrpcWorker::GrpcWorker(const LoadPlan& plan, ThreadShare share)
    : plan_(plan), share_(share), requests_(ByteBuffersOf(plan)), turn_(plan) {}

GrpcWorker::~GrpcWorker() {
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) continue;
}

absl::Status GrpcWorker::Connect() {
  HILLOCK_ASSIGN_OR_RETURN(connections_, ConnectChannels(plan_, share_.Of(plan_.connections)));
  return absl::OkStatus();
}

size_t GrpcWorker::CountLost() { return share_.Of(plan_.connections) - CountReady(connections_); }

LoadTally GrpcWorker::Run(std::chrono::nanoseconds duration) {
  tally_ = LoadTally();
  const Nanos start = Now();
  end_ = start + duration.count();
  give_up_ = end_ + std::chrono::nanoseconds(plan_.patience).count();
  cancelled_ = false;
  start_ = start;
  Schedule schedule = ScheduleOf(plan_, share_, start, end_);
  for (Nanos now = start; Step(schedule, now);) now = Now();
  tally_.RecordSchedule(schedule.late(), schedule.CountUnsent(), schedule.most_behind());
  tally_.RecordElapsed(std::min(end_, Now()) - start);
  return std::move(tally_);
}

// Sends what is due and takes an answer if one comes. False when the run is over.
bool GrpcWorker::Step(Schedule& schedule, Nanos now) {
  if (now < end_ && stop_.load(std::memory_order_relaxed)) EndEarly(schedule, now);
  SendDue(schedule, now);
  const bool has_room = first_free_ != nullptr || calls_.size() < MostCalls();
  const Nanos next = has_room ? schedule.Next(now) : Schedule::kNever;
  if (in_flight_ == 0 && next == Schedule::kNever) return false;
  Call* const call = Wait(now, std::min(next, cancelled_ ? Schedule::kNever : give_up_));
  now = Now();
  if (call != nullptr) Complete(*call, now);
  if (now >= give_up_ && !std::exchange(cancelled_, true)) CancelAll();
  return true;
}

void GrpcWorker::EndEarly(Schedule& schedule, Nanos now) {
  end_ = now;
  schedule.End(now);
  give_up_ = now + std::min(kBriefly, std::chrono::nanoseconds(plan_.patience).count());
}

void GrpcWorker::SendDue(Schedule& schedule, Nanos now) {
  while (schedule.Next(now) <= now) {
    Call* const call = FreeCall();
    if (call == nullptr) return;
    Send(*call, *schedule.Take(now));
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

GrpcWorker::Call* GrpcWorker::Wait(Nanos now, Nanos until) {
  until = std::min(until, now + kLongestWait);
  if (until - now >= kPollAhead) return Take(ToGpr(until - kPollAhead / 2));
  Call* const call = Take(gpr_inf_past(GPR_CLOCK_MONOTONIC));
  // The server may need this core.
  if (call == nullptr) std::this_thread::yield();
  return call;
}

GrpcWorker::Call* GrpcWorker::Take(gpr_timespec deadline) {
  void* tag = nullptr;
  bool ok = false;
  const auto event = queue_.AsyncNext(&tag, &ok, deadline);
  return event == grpc::CompletionQueue::GOT_EVENT ? static_cast<Call*>(tag) : nullptr;
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
  tally_.Record(code, now - call.intended, now < end_,
                given_up ? kGivenUp : call.status.error_message());
  if (now < end_) tally_.RecordMoment(now - start_, code, now - call.intended);
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
