#ifndef HILLOCK_SERVER_SCHEDULING_REACTOR_H_
#define HILLOCK_SERVER_SCHEDULING_REACTOR_H_

#include <atomic>
#include <functional>
#include <thread>

#include "server/core/base/clock.h"
#include "server/lifecycle/catalog_reader.h"
#include "server/metrics/reactor_cells.h"
#include "server/scheduling/batcher.h"
#include "server/scheduling/busy_poll.h"
#include "server/transport/net/event_loop.h"

namespace hillock::scheduling {

// What a reactor serves: connections whose events come by its loop. Called on its thread.
class Network {
 public:
  virtual ~Network() = default;

  // Sends what has been answered since.
  virtual void Flush() = 0;

  // Goes on with work that is done in slices. True when there is more.
  virtual bool Work() = 0;

  // Time has passed: a few times a second, while WantsTicks().
  virtual void Tick() = 0;
  virtual bool WantsTicks() const = 0;
};

// One thread that owns an event loop and takes requests from their first byte to their last. It
// waits for events, takes all that are ready, lets each add its jobs, and then computes them all:
// what was drained is the batch. While requests follow each other closely it stays awake between
// them. Everything but the constructor, Serve(), Start() and Join() is for the reactor's own
// thread.
class Reactor final : private SharedWorkQueue::Worker {
 public:
  // All must outlive this. `busy_poll`: how long it polls for the next event before it sleeps, at
  // most; 0 sleeps at once.
  Reactor(const Batcher::Options& options, Nanos busy_poll,
          const lifecycle::CatalogHolder& catalogs, SharedWorkQueue& shared_work,
          metrics::ReactorCells& cells, const Clock& clock);

  // What to serve. REQUIRES: called once, before Start(); `network` outlives Join().
  void Serve(Network& network);

  // Begins to handle events.
  void Start();

  // Ends the thread after what it is doing. Does nothing before Start().
  void Join();

  size_t index() const { return index_; }
  transport::EventLoop& loop() { return loop_; }
  Batcher& batcher() { return batcher_; }
  metrics::ReactorCells& cells() { return cells_; }
  const Clock& clock() const { return clock_; }

  // The share of its time that it did not wait in, of the time between the last two ticks: 0 to 1.
  // For any thread.
  double busy_share() const { return busy_share_.load(std::memory_order_relaxed); }

  // The catalogs that this reactor's jobs use.
  lifecycle::CatalogReader& catalogs() { return catalogs_; }

 private:
  void Wake() override { loop_.Wake(); }
  void Loop();
  void Wait(bool works);
  void WaitPolling();
  void MeasureBusyShare(Nanos now);
  Nanos UntilTick() const;
  void TickIfDue();

  const size_t index_;
  transport::EventLoop loop_;
  SharedWorkQueue& shared_work_;
  metrics::ReactorCells& cells_;
  const Clock& clock_;
  Batcher batcher_;
  lifecycle::CatalogReader catalogs_;
  BusyPoll busy_poll_;
  Network* network_ = nullptr;
  Nanos last_tick_ = 0;
  Nanos waited_ = 0;  // since then
  std::atomic<double> busy_share_{0};
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hillock::scheduling

#endif  // HILLOCK_SERVER_SCHEDULING_REACTOR_H_
