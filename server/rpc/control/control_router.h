// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_CONTROL_CONTROL_ROUTER_H_
#define HILLOCK_SERVER_RPC_CONTROL_CONTROL_ROUTER_H_

#include "server/rpc/access/access.h"
#include "server/rpc/control/health_watchers.h"
#include "server/transport/grpc/call.h"

namespace hillock::rpc {

struct ControlServices;

// The control methods of one event loop. Belongs to the loop's thread.
class ControlRouter final : public transport::Router {
 public:
  // `services` and `access`, the loop's, must outlive this, and this the loop's calls.
  ControlRouter(ControlServices& services, Access& access);

  // Null when no control method has the call's path, or the call was refused and finished.
  transport::Handler* Open(transport::Call& call) override;

  // As HealthWatchers::Update(): to be called some times a second, and when the server's readiness
  // changes.
  void UpdateWatchers() { watchers_.Update(); }

 private:
  ControlServices& services_;
  Access& access_;
  HealthWatchers watchers_;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_CONTROL_CONTROL_ROUTER_H_
