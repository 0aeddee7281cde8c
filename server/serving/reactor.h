#ifndef HILLOCK_SERVER_SERVING_REACTOR_H_
#define HILLOCK_SERVER_SERVING_REACTOR_H_

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <atomic>
#include <memory>
#include <thread>

#include "server/base/clock.h"
#include "server/metrics/registry.h"
#include "server/serving/batcher.h"
#include "server/serving/catalog_reader.h"
#include "server/serving/linger.h"

namespace hillock::serving {

// What a completion queue hands back: a step of some call is over.
class Event {
 public:
  virtual ~Event() = default;

  // ok: the step succeeded. Called on the reactor's thread; may destroy the event.
  virtual void Ready(bool ok) = 0;
};

// One thread that owns a completion queue and takes requests from their first byte to their last.
// It waits for an event, takes every other that is ready, lets each decode and add its job, and
// then computes them all: what was drained is the batch. While requests follow each other closely
// it stays awake between them. Everything but the constructor, Start() and Join() is for the
// reactor's own thread.
class Reactor final : private Commons::Sleeper {
 public:
  // All must outlive this. `linger`: how long it looks out for the next event before it sleeps, at
  // most; 0 sleeps at once.
  Reactor(const Batcher::Options& options, Nanos linger,
          std::unique_ptr<grpc::ServerCompletionQueue> queue, const CatalogHolder& catalogs,
          Commons& commons, metrics::ReactorCells& cells, const Clock& clock);

  // Begins to handle events. REQUIRES: the server that the queue belongs to has started.
  void Start();

  // Lets the thread finish what is in the queue and waits for it. REQUIRES: the server has been
  // shut down. Does nothing before Start().
  void Join();

  size_t index() const { return index_; }
  grpc::ServerCompletionQueue* queue() { return queue_.get(); }
  Batcher& batcher() { return batcher_; }
  metrics::ReactorCells& cells() { return cells_; }
  const Clock& clock() const { return clock_; }

  // True once nothing may be posted to the queue any more.
  bool closed() const { return closed_; }

  // The catalogs that this reactor's jobs use.
  CatalogReader& catalogs() { return catalogs_; }

  // When events were last looked for.
  Nanos round_start() const { return round_start_; }

 private:
  // Closes the queue on the reactor's own thread, so that no event can post to a closed queue.
  class Close final : public Event {
   public:
    explicit Close(Reactor& reactor) : reactor_(reactor) {}
    void Ready(bool ok) override;

   private:
    Reactor& reactor_;
  };

  // Ends a wait when another reactor has laid work into the commons.
  class Woken final : public Event {
   public:
    explicit Woken(Reactor& reactor) : reactor_(reactor) {}
    void Ready(bool) override { reactor_.wake_pending_.store(false); }

   private:
    Reactor& reactor_;
  };

  void Wake() override;
  void Loop();
  bool Wait();
  bool Next(void** tag, bool* ok);
  void Poll(int events, int empty_polls);

  const size_t index_;
  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  Commons& commons_;
  metrics::ReactorCells& cells_;
  const Clock& clock_;
  Batcher batcher_;
  CatalogReader catalogs_;
  Linger linger_;
  Nanos round_start_ = 0;
  bool closed_ = false;
  Woken woken_{*this};
  std::atomic<bool> wake_pending_{false};  // an alarm can be set again only once it has gone off
  grpc::Alarm wake_alarm_;
  Close close_{*this};
  grpc::Alarm close_alarm_;
  std::thread thread_;
};

}  // namespace hillock::serving

#endif  // HILLOCK_SERVER_SERVING_REACTOR_H_
