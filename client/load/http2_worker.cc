// SPDX-License-Identifier: Apache-2.0
#include "client/load/http2_worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "server/core/base/status.h"
#include "server/transport/grpc/grpc_protocol.h"

namespace hillock::client {
namespace {

constexpr char kMethod[] = "/inference.GRPCInferenceService/ModelInfer";

Nanos Now() { return Clock::Monotonic().Now(); }

Nanos ToNanos(std::chrono::nanoseconds time) { return time.count(); }

std::string WithPrefix(const std::string& message) {
  std::string whole(transport::kPrefixBytes, '\0');
  transport::WritePrefix(false, static_cast<uint32_t>(message.size()), whole.data());
  return whole + message;
}

}  // namespace

Http2Worker::Http2Worker(const LoadPlan& plan, ThreadShare share)
    : plan_(plan),
      share_(share),
      turn_(plan),
      deadline_text_(fmt::format("no answer within the deadline of {} ms", plan.deadline.count())) {
  std::ranges::transform(plan.requests, std::back_inserter(messages_), WithPrefix);
}

absl::Status Http2Worker::Connect() {
  HILLOCK_ASSIGN_OR_RETURN(dialer_, Dialer::To(plan_.endpoint));
  method_.emplace(dialer_->scheme(), dialer_->Authority(), kMethod, dialer_->metadata());
  for (size_t i = 0; i < share_.Of(plan_.connections); ++i) lanes_.emplace_back(*this);
  const Nanos give_up = Now() + ToNanos(plan_.patience);
  while (up_ < lanes_.size()) {
    const Nanos now = Now();
    if (now >= give_up) break;
    Tidy(now);
    Wait(now, std::min(give_up, now + kPollAhead));
  }
  const auto lost =
      std::ranges::find_if(lanes_, [](const Lane& lane) { return !lane.connection.up(); });
  if (lost == lanes_.end()) return absl::OkStatus();
  const absl::Status& why = lost->connection.last_error();
  return why.ok() ? absl::UnavailableError("no answer") : why;
}

size_t Http2Worker::CountLost() {
  const Nanos give_up = Now() + kBriefly;
  loop_.Poll(0);
  const auto is_connecting = [](const Lane& lane) {
    return lane.connection.usable() && !lane.connection.up();
  };
  for (Nanos now = Now(); now < give_up && std::ranges::any_of(lanes_, is_connecting);
       now = Now()) {
    loop_.Poll(give_up - now);
  }
  return share_.Of(plan_.connections) - up_;
}

void Http2Worker::Stop() {
  stop_.store(true);
  loop_.Wake();
}

// The order within a round: new requests are queued first, then overdue ones are reset, then both
// leave with the acknowledgements of the answers that the last Wait() brought. Connections are made
// and dropped only here, as callbacks may run within one of them.
LoadTally Http2Worker::Run(std::chrono::nanoseconds duration) {
  loop_.Poll(0);  // what has happened since the last run
  run_.emplace(plan_, share_, duration);
  for (Nanos now = run_->start();; now = Now()) {
    if (now < run_->end() && stop_.load(std::memory_order_relaxed)) run_->EndEarly(now);
    SendDue(now);
    CancelOverdue(now);
    Flush();
    if (in_flight_.empty() && run_->schedule().Next(now) == Schedule::kNever) break;
    Tidy(now);
    Wait(now, NextEvent(now));
  }
  return run_->TakeTally();
}

void Http2Worker::SendDue(Nanos now) {
  while (run_->schedule().Next(now) <= now) {
    if (idle_.empty() && !AddSlot()) return;
    Send(idle_.front(), *run_->schedule().Take(now), now);
  }
}

void Http2Worker::Send(Slot& slot, Nanos intended, Nanos now) {
  in_flight_.splice(in_flight_.end(), idle_, slot.self);
  slot.message = messages_[turn_.Take()];
  slot.intended = intended;
  slot.repeated = false;
  if (plan_.deadline.count() > 0) slot.deadline = now + ToNanos(plan_.deadline);
  Lane& lane = *slot.lane;
  lane.connection.Start(slot, slot.message, slot.deadline);
  Touch(lane);
  if (++lane.unflushed < plan_.burst) return;
  lane.unflushed = 0;
  lane.connection.Flush();
}

void Http2Worker::OnAnswer(Slot& slot, Nanos arrived) {
  Touch(*slot.lane);
  if (slot.fate() != transport::ClientCall::Fate::kTaken && SendAgain(slot)) return;
  Complete(slot, slot.answer().code(), slot.answer().message(), arrived);
}

// A refused request might be refused for ever, so it is repeated once; one that never left has not
// been tried.
bool Http2Worker::SendAgain(Slot& slot) {
  const bool was_sent = slot.fate() == transport::ClientCall::Fate::kRefused;
  if (!slot.lane->connection.usable() || (was_sent && slot.repeated)) return false;
  slot.repeated |= was_sent;
  run_->RecordRetry();
  slot.lane->connection.Start(slot, slot.message, slot.deadline);
  return true;
}

void Http2Worker::Complete(Slot& slot, absl::StatusCode code, std::string_view message, Nanos at) {
  run_->Record(slot.intended, code, message, at);
  CountAnswer();
  SlotList& idle = slot.lane->connection.up() ? idle_ : slot.lane->parked;
  idle.splice(idle.end(), in_flight_, slot.self);
}

void Http2Worker::Cancel(Slot& slot, absl::StatusCode code, std::string_view message, Nanos now) {
  slot.lane->connection.Cancel(slot);
  Touch(*slot.lane);
  Complete(slot, code, message, now);
}

// The server enforces deadlines too, and its answer usually comes first. This is for servers that
// do not answer at all.
void Http2Worker::CancelOverdue(Nanos now) {
  while (!in_flight_.empty() && in_flight_.front().deadline <= now) {
    Cancel(in_flight_.front(), absl::StatusCode::kDeadlineExceeded, deadline_text_, now);
  }
  while (now >= run_->give_up() && !in_flight_.empty()) {
    Cancel(in_flight_.front(), absl::StatusCode::kCancelled, run_->give_up_text(), now);
  }
}

// Each lane has a slot from the beginning, so that even a slow schedule uses all connections in
// turn.
void Http2Worker::OnUp(Lane& lane) {
  lane.counted = true;
  ++up_;
  room_ += plan_.outstanding - lane.slots;
  Touch(lane);
  if (lane.slots == 0) return AddSlot(lane);
  idle_.splice(idle_.end(), lane.parked);
}

// Its idle slots would otherwise be chosen for requests that cannot leave. Those in flight stay:
// the connection reports their end.
void Http2Worker::OnDown(Lane& lane) {
  has_replaced_ = true;
  if (!std::exchange(lane.counted, false)) return;
  --up_;
  room_ -= plan_.outstanding - lane.slots;
  for (auto slot = idle_.begin(); slot != idle_.end();) {
    const auto next = std::next(slot);
    if (slot->lane == &lane) lane.parked.splice(lane.parked.end(), idle_, slot);
    slot = next;
  }
}

void Http2Worker::Touch(Lane& lane) {
  if (!std::exchange(lane.touched, true)) touched_.push_back(&lane);
}

void Http2Worker::Flush() {
  // Callbacks may touch more lanes meanwhile.
  for (size_t i = 0; i < touched_.size(); ++i) {
    touched_[i]->touched = false;
    touched_[i]->unflushed = 0;
    touched_[i]->connection.Flush();
  }
  touched_.clear();
}

// Connects lanes that are down, when that is due, and drops connections that were replaced. Nothing
// to do in the usual case, where all are up.
void Http2Worker::Tidy(Nanos now) {
  if (up_ == lanes_.size() && !has_replaced_) return;
  has_replaced_ = false;
  for (Lane& lane : lanes_) {
    LoadConnection& connection = lane.connection;
    connection.DropEnded();
    has_replaced_ |= connection.has_replaced();
    if (!connection.usable() && connection.next_attempt() <= now) connection.Connect(now);
  }
}

// The sooner of: the next request, if a slot can take it; the next deadline; the next attempt to
// connect; the end of sending, and after that the end of patience.
Nanos Http2Worker::NextEvent(Nanos now) const {
  const Nanos last_send = run_->end() + Schedule::kLate;
  Nanos next = now < last_send ? last_send : run_->give_up();
  if (!idle_.empty() || room_ > 0) next = std::min(next, run_->schedule().Next(now));
  if (!in_flight_.empty()) next = std::min(next, in_flight_.front().deadline);
  if (up_ == lanes_.size()) return next;
  for (const Lane& lane : lanes_) {
    if (!lane.connection.usable()) next = std::min(next, lane.connection.next_attempt());
  }
  return next;
}

void Http2Worker::Wait(Nanos now, Nanos until) {
  if (until - now >= kPollAhead) {
    loop_.Poll(until - now - kPollAhead / 2);
  } else if (loop_.Poll(0) == 0) {
    std::this_thread::yield();  // the server may need this core
  }
}

bool Http2Worker::AddSlot() {
  if (room_ == 0) return false;
  for (;; next_lane_ = (next_lane_ + 1) % lanes_.size()) {
    Lane& lane = lanes_[next_lane_];
    if (!lane.counted || lane.slots == plan_.outstanding) continue;
    AddSlot(lane);
    return true;
  }
}

void Http2Worker::AddSlot(Lane& lane) {
  const auto slot = idle_.emplace(idle_.end());
  slot->lane = &lane;
  slot->self = slot;
  ++lane.slots;
  --room_;
}

}  // namespace hillock::client
