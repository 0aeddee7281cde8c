// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_CONTROL_HEALTH_WATCHERS_H_
#define HILLOCK_SERVER_RPC_CONTROL_HEALTH_WATCHERS_H_

#include <list>

#include "server/rpc/control/health_service.h"
#include "server/transport/grpc/call.h"

namespace hillock::rpc {

// The open Watch calls of one event loop. A watch hears the status of its service at once and when
// it changes, and ends with OK when the server drains. A watcher that reads slowly misses statuses
// that have changed again since: at most one is queued for it. Belongs to the loop's
// thread.
class HealthWatchers {
 public:
  // `health` must outlive this, and this the loop's calls.
  explicit HealthWatchers(const HealthService& health) : health_(health) {}
  HealthWatchers(const HealthWatchers&) = delete;
  HealthWatchers& operator=(const HealthWatchers&) = delete;

  // The handler of a new call. What its request asks for decides how the call goes on:
  // INVALID_ARGUMENT when it cannot be parsed, INTERNAL unless it is one message.
  transport::Handler* Open(transport::Call& call);

  // Sends the watchers what has changed since the last call. Costs next to nothing when nothing
  // has. To be called often, as how late watchers hear of a change depends on it.
  void Update();

 private:
  class Watch;

  const HealthService& health_;
  HealthService::Version told_;
  std::list<Watch*> watches_;  // those that have asked for a service
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_CONTROL_HEALTH_WATCHERS_H_
