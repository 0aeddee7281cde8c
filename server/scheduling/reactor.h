// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_SCHEDULING_REACTOR_H_
#define HILLOCK_SERVER_SCHEDULING_REACTOR_H_

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "server/core/base/clock.h"
#include "server/lifecycle/catalog_reader.h"
#include "server/metrics/reactor_cells.h"
#include "server/scheduling/batcher.h"
#include "server/scheduling/busy_poll.h"
#include "server/scheduling/shared_work_queue.h"
#include "server/transport/net/event_loop.h"

namespace hillock::scheduling {

// What a reactor serves: connections whose events come by its loop. Called on its thread.
class Network {
 public:
  virtual ~Network() = default;

  // Sends what has been answered since.
  virtual void Flush() = 0;

  // Goes on with what was left over from earlier rounds. True when there is more.
  virtual bool Work() = 0;

  // Time has passed: a few times a second, while WantsTicks().
  virtual void Tick() = 0;
  virtual bool WantsTicks() const = 0;
};

// One thread that owns an event loop and serves requests from their first byte to their last. A
// round of it:
//
//   wait  -> all events that are ready are handed out; connections read, requests add their jobs
//   run   -> the batcher computes all jobs: what one poll brought is the batch
//   flush -> answers leave, those of one connection in one write
//   rest  -> lets go of the newest catalog, so that waiting keeps no unloaded model alive
//
// How it waits:
//
//               work left over, or blocks to pop
//            +------------------------------------> poll once, without waiting
//   waiting -+
//            |  parked   BusyPoll::Next() > 0             nothing came
//            +------------------------------> polling ------------------+
//            |            BusyPoll::Next() == 0                         v
//            +--------------------------------------------------> asleep in epoll
//
// An event, a posted task, or a block pushed by another reactor ends the wait. Everything but the
// constructor, Serve(), Start(), Join() and busy_share() is for the reactor's own thread.
class Reactor final : private SharedWorkQueue::Worker {
 public:
  // All must outlive this. `busy_poll`: the longest it polls for the next event before it sleeps; 0
  // sleeps at once.
  Reactor(const Batcher::Options& options, Nanos busy_poll,
          const lifecycle::CatalogHolder& catalogs, SharedWorkQueue& shared_work,
          metrics::ReactorCells& cells, const Clock& clock);

  // What to serve, one after the other where there are several. REQUIRES: called before Start();
  // `network` outlives Join().
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

  // 1 - waiting / time, between the last two ticks: 0 to 1. For any thread.
  double busy_share() const { return busy_share_.load(std::memory_order_relaxed); }

  // The catalogs that this reactor's jobs use.
  lifecycle::CatalogReader& catalogs() { return catalogs_; }

 private:
  void Wake() override { loop_.Wake(); }
  void Loop();
  bool Work();
  void Flush();
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
  std::vector<Network*> networks_;
  Nanos last_tick_ = 0;
  Nanos waited_ = 0;  // since the last tick
  Nanos woke_ = 0;    // when the last wait ended
  std::atomic<double> busy_share_{0};
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hillock::scheduling

#endif  // HILLOCK_SERVER_SCHEDULING_REACTOR_H_
