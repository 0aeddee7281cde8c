// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_INTEROP_TEST_CALLS_H_
#define HILLOCK_TESTS_INTEROP_TEST_CALLS_H_

#include <set>
#include <utility>

#include "server/core/base/clock.h"
#include "server/transport/grpc/call.h"

namespace hillock::interop {

// What is to happen later on an event loop. Belongs to its thread.
class Timers {
 public:
  class Worker {
   public:
    virtual void OnTime() = 0;

   protected:
    ~Worker() = default;
  };

  explicit Timers(const Clock& clock) : clock_(clock) {}

  Nanos Now() const { return clock_.Now(); }

  // Has `sleeper` told once, at `time` or soon after, unless it is removed before.
  void Add(Nanos time, Worker& sleeper) { sleepers_.emplace(time, &sleeper); }
  void Remove(Nanos time, Worker& sleeper) { sleepers_.erase({time, &sleeper}); }

  // When Run() is to be called next.
  Nanos next() const { return sleepers_.empty() ? kNoDeadline : sleepers_.begin()->first; }

  // Tells those whose time has come.
  void Run();

 private:
  const Clock& clock_;
  std::set<std::pair<Nanos, Worker*>> sleepers_;
};

// The methods of grpc.testing.TestService as gRPC's interoperability test descriptions define them,
// but for CacheableUnaryCall, which no gRPC server is asked to have. Metadata of the names that
// those tests use comes back: x-grpc-test-echo-initial before the first message, and
// x-grpc-test-echo-trailing-bin after the last.
class TestRouter final : public transport::Router {
 public:
  // `timers` must outlive this and its calls.
  explicit TestRouter(Timers& timers) : timers_(timers) {}

  transport::Handler* Open(transport::Call& call) override;

 private:
  Timers& timers_;
};

}  // namespace hillock::interop

#endif  // HILLOCK_TESTS_INTEROP_TEST_CALLS_H_
