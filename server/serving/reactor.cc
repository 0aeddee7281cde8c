#include "server/serving/reactor.h"

#include <grpc/support/time.h>

#include <utility>

namespace hillock::serving {
namespace {

// Bounds how long the first request of a round can wait for the last one to be decoded.
constexpr int kMaxEventsPerRound = 256;

// A poll looks at one connection; this many may find nothing before the round is over.
constexpr int kEmptyPolls = 4;

}  // namespace

Reactor::Reactor(size_t index, size_t profile_every,
                 std::unique_ptr<grpc::ServerCompletionQueue> queue, const CatalogHolder& catalogs,
                 metrics::ReactorCells& cells, const Clock& clock)
    : index_(index),
      queue_(std::move(queue)),
      catalogs_(catalogs),
      cells_(cells),
      clock_(clock),
      batcher_(index, profile_every, cells, clock) {}

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

void Reactor::Loop() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
    round_start_ = clock_.Now();
    catalog_ = catalogs_.Snapshot();
    Drain(tag, ok);
    batcher_.Run();
    catalog_.reset();
  }
}

void Reactor::Drain(void* tag, bool ok) {
  static_cast<Event*>(tag)->Ready(ok);
  // A time in the past polls without sleeping; a zero timespan would sleep up to a millisecond.
  const gpr_timespec past = gpr_inf_past(GPR_CLOCK_MONOTONIC);
  int polls = kEmptyPolls;
  for (int events = 1; events < kMaxEventsPerRound && polls > 0;) {
    if (queue_->AsyncNext(&tag, &ok, past) == grpc::CompletionQueue::GOT_EVENT) {
      static_cast<Event*>(tag)->Ready(ok);
      ++events;
    } else {
      --polls;
    }
  }
}

}  // namespace hillock::serving
