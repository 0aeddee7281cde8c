#include "server/serving/reactor.h"

#include <grpc/support/time.h>
#include <sched.h>

#include <utility>

namespace hillock::serving {
namespace {

// Bounds how long the first request of a round can wait for the last one to be decoded.
constexpr int kMaxEventsPerRound = 256;

// A poll looks at one connection; this many may find nothing before the round is over.
constexpr int kEmptyPolls = 4;

// In the middle of heavy work, when nobody has looked for half a slice or more. A light request
// takes several polls, and large messages, which come in pieces, take many: with one poll a pause
// it waited 17 ms beside batches of 256 rows of 4 KB, with 8 it waits 2.
constexpr int kEmptyPollsOfPause = 8;

// A time in the past polls without sleeping; a zero timespan would sleep up to a millisecond.
gpr_timespec Past() { return gpr_inf_past(GPR_CLOCK_MONOTONIC); }

}  // namespace

Reactor::Reactor(const Batcher::Options& options, Nanos linger,
                 std::unique_ptr<grpc::ServerCompletionQueue> queue, const CatalogHolder& catalogs,
                 Commons& commons, metrics::ReactorCells& cells, const Clock& clock)
    : index_(options.reactor),
      queue_(std::move(queue)),
      commons_(commons),
      cells_(cells),
      clock_(clock),
      batcher_(options, commons, cells, clock),
      catalogs_(catalogs),
      linger_(linger) {
  batcher_.SetPoll([this] { Poll(kMaxEventsPerRound, kEmptyPollsOfPause); });
  commons_.Add(*this);
}

void Reactor::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void Reactor::Join() {
  if (!thread_.joinable()) return;
  close_alarm_.Set(queue_.get(), gpr_now(GPR_CLOCK_MONOTONIC), static_cast<Event*>(&close_));
  thread_.join();
}

void Reactor::Close::Ready(bool) {
  reactor_.closed_ = true;
  reactor_.queue_->Shutdown();
}

void Reactor::Wake() {
  if (wake_pending_.exchange(true)) return;
  wake_alarm_.Set(queue_.get(), gpr_now(GPR_CLOCK_MONOTONIC), static_cast<Event*>(&woken_));
}

void Reactor::Loop() {
  while (Wait()) {
    batcher_.Run();
    catalogs_.Rest();
  }
}

// Begins a round: waits for an event unless the commons hold work, and takes every other event that
// is ready. False once the queue is closed and empty.
bool Reactor::Wait() {
  void* tag = nullptr;
  bool ok = false;
  const bool waits = commons_.Sleep(*this);
  const bool open = !waits || Next(&tag, &ok);
  commons_.Awake(*this);
  if (!open) return false;
  round_start_ = clock_.Now();
  if (waits) static_cast<Event*>(tag)->Ready(ok);
  Poll(kMaxEventsPerRound - 1, kEmptyPolls);
  return true;
}

// Waits for an event, awake at first where that pays. False once the queue is closed and empty.
bool Reactor::Next(void** tag, bool* ok) {
  const Nanos start = clock_.Now();
  const Nanos asleep_from = start + linger_.Next();
  auto status = grpc::CompletionQueue::TIMEOUT;
  commons_.Linger(*this, true);
  while (status == grpc::CompletionQueue::TIMEOUT && clock_.Now() < asleep_from) {
    sched_yield();  // whoever wants this core goes first
    status = queue_->AsyncNext(tag, ok, Past());
  }
  commons_.Linger(*this, false);
  const bool open = status == grpc::CompletionQueue::TIMEOUT
                        ? queue_->Next(tag, ok)
                        : status == grpc::CompletionQueue::GOT_EVENT;
  linger_.Waited(clock_.Now() - start);
  return open;
}

void Reactor::Poll(int events, int empty_polls) {
  void* tag = nullptr;
  bool ok = false;
  round_start_ = clock_.Now();
  while (events > 0 && empty_polls > 0) {
    if (queue_->AsyncNext(&tag, &ok, Past()) == grpc::CompletionQueue::GOT_EVENT) {
      static_cast<Event*>(tag)->Ready(ok);
      --events;
    } else {
      --empty_polls;
    }
  }
}

}  // namespace hillock::serving
