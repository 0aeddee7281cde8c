// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/reactor.h"

#include <sched.h>

#include <algorithm>
#include <utility>

namespace hillock::scheduling {
namespace {

constexpr Nanos kTickPeriod = 200'000'000;
constexpr Nanos kForEver = -1;

// A reactor that is busy for less of its time than this is idle.
constexpr double kIdleShare = 0.05;

}  // namespace

Reactor::Reactor(const Batcher::Options& options, Nanos busy_poll,
                 const lifecycle::CatalogHolder& catalogs, SharedWorkQueue& shared_work,
                 metrics::ReactorCells& cells, const Clock& clock)
    : index_(options.reactor),
      loop_(clock),
      shared_work_(shared_work),
      cells_(cells),
      clock_(clock),
      batcher_(options, shared_work, cells, clock),
      catalogs_(catalogs),
      busy_poll_(busy_poll) {
  shared_work_.Add(*this);
}

void Reactor::Serve(Network& network) {
  networks_.push_back(&network);
  batcher_.SetFlush([this] { Flush(); });
  batcher_.SetPoll([this] {
    loop_.Poll(0);
    TickIfDue();
    Flush();
  });
}

void Reactor::Start() {
  HILLOCK_CHECK(!networks_.empty());
  thread_ = std::thread([this] { Loop(); });
}

void Reactor::Join() {
  if (!thread_.joinable()) return;
  loop_.Post([this] { stopping_ = true; });
  thread_.join();
}

// Leftovers come before the batcher, so that the jobs they add are part of this round's batch. The
// batcher flushes on its way; the last flush is for what was answered without it.
void Reactor::Loop() {
  bool works = false;
  woke_ = clock_.Now();
  while (!stopping_) {
    Wait(works);
    works = Work();
    batcher_.Run();
    TickIfDue();
    Flush();
    catalogs_.Rest();
  }
}

bool Reactor::Work() {
  bool works = false;
  for (Network* network : networks_) works |= network->Work();
  return works;
}

void Reactor::Flush() {
  for (Network* network : networks_) network->Flush();
}

// Events are handed out either way. Park() comes before the wait and Unpark() after it, so a block
// that is pushed in between ends the wait: Wake() is remembered by the loop until its next Poll().
void Reactor::Wait(bool works) {
  if (!works && shared_work_.Park(*this)) {
    WaitPolling();
  } else {
    loop_.Poll(0);
  }
  shared_work_.Unpark(*this);
}

// sched_yield() in between lets any other thread that wants this core have it. Only a wait while
// parked counts as waiting; to poll is to be idle, however hot the core.
void Reactor::WaitPolling() {
  const Nanos start = clock_.Now();
  cells_.busy_nanos.Add(static_cast<uint64_t>(start - woke_));
  const Nanos asleep_from = start + busy_poll_.Next();
  int events = 0;
  shared_work_.SetPolling(*this, true);
  while (events == 0 && clock_.Now() < asleep_from) {
    sched_yield();
    events = loop_.Poll(0);
  }
  shared_work_.SetPolling(*this, false);
  if (events == 0) loop_.Poll(UntilTick());
  woke_ = clock_.Now();
  const Nanos waited = woke_ - start;
  busy_poll_.Waited(waited);
  waited_ += waited;
}

// How long a wait may be. A reactor that went idle still ticks until busy_share() shows that, since
// others go by it; from then on it sleeps without a timeout and costs nothing.
Nanos Reactor::UntilTick() const {
  const bool wants_ticks = std::ranges::any_of(networks_, &Network::WantsTicks);
  return wants_ticks || busy_share() > kIdleShare
             ? std::max<Nanos>(last_tick_ + kTickPeriod - clock_.Now(), 0)
             : kForEver;
}

void Reactor::TickIfDue() {
  const Nanos now = clock_.Now();
  if (now < last_tick_ + kTickPeriod) return;
  MeasureBusyShare(now);
  for (Network* network : networks_) network->Tick();
}

void Reactor::MeasureBusyShare(Nanos now) {
  const auto passed = static_cast<double>(now - last_tick_);
  const double waited = static_cast<double>(std::exchange(waited_, 0));
  busy_share_.store(std::clamp(1 - waited / passed, 0.0, 1.0), std::memory_order_relaxed);
  last_tick_ = now;
}

}  // namespace hillock::scheduling
