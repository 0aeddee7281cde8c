#include "server/serving/reactor.h"

#include <sched.h>

#include <algorithm>
#include <utility>

namespace hillock::serving {
namespace {

constexpr Nanos kTickPeriod = 200'000'000;
constexpr Nanos kForEver = -1;
constexpr double kIdleShare = 0.05;

}  // namespace

Reactor::Reactor(const Batcher::Options& options, Nanos linger, const CatalogHolder& catalogs,
                 Commons& commons, metrics::ReactorCells& cells, const Clock& clock)
    : index_(options.reactor),
      loop_(clock),
      commons_(commons),
      cells_(cells),
      clock_(clock),
      batcher_(options, commons, cells, clock),
      catalogs_(catalogs),
      linger_(linger) {
  commons_.Add(*this);
}

void Reactor::Serve(Network& network) {
  network_ = &network;
  batcher_.SetFlush([&network] { network.Flush(); });
  batcher_.SetPoll([this] {
    loop_.Poll(0);
    TickIfDue();
    network_->Flush();
  });
}

void Reactor::Start() {
  HILLOCK_CHECK(network_ != nullptr);
  thread_ = std::thread([this] { Loop(); });
}

void Reactor::Join() {
  if (!thread_.joinable()) return;
  loop_.Post([this] { stopping_ = true; });
  thread_.join();
}

// A round: what has arrived, the batches it makes, and their answers.
void Reactor::Loop() {
  bool works = false;
  while (!stopping_) {
    Wait(works);
    works = network_->Work();
    batcher_.Run();
    TickIfDue();
    network_->Flush();
    catalogs_.Rest();
  }
}

// Waits for events unless there is something to do anyway, and hands out all that are ready.
void Reactor::Wait(bool works) {
  if (!works && commons_.Sleep(*this)) {
    WaitLingering();
  } else {
    loop_.Poll(0);
  }
  commons_.Awake(*this);
}

// Awake at first where that pays.
void Reactor::WaitLingering() {
  const Nanos start = clock_.Now();
  const Nanos asleep_from = start + linger_.Next();
  int events = 0;
  commons_.Linger(*this, true);
  while (events == 0 && clock_.Now() < asleep_from) {
    sched_yield();  // whoever wants this core goes first
    events = loop_.Poll(0);
  }
  commons_.Linger(*this, false);
  if (events == 0) loop_.Poll(UntilTick());
  const Nanos waited = clock_.Now() - start;
  linger_.Waited(waited);
  waited_ += waited;
}

// An idle reactor ticks until it is known to be idle.
Nanos Reactor::UntilTick() const {
  return network_->WantsTicks() || busy_share() > kIdleShare
             ? std::max<Nanos>(last_tick_ + kTickPeriod - clock_.Now(), 0)
             : kForEver;
}

void Reactor::TickIfDue() {
  const Nanos now = clock_.Now();
  if (now < last_tick_ + kTickPeriod) return;
  MeasureBusyShare(now);
  network_->Tick();
}

void Reactor::MeasureBusyShare(Nanos now) {
  const auto passed = static_cast<double>(now - last_tick_);
  const double waited = static_cast<double>(std::exchange(waited_, 0));
  busy_share_.store(std::clamp(1 - waited / passed, 0.0, 1.0), std::memory_order_relaxed);
  last_tick_ = now;
}

}  // namespace hillock::serving
