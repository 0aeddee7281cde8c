// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_SERVER_H_
#define HILLOCK_SERVER_SERVER_H_

#include <functional>
#include <memory>

#include "server/core/base/clock.h"
#include "server/core/base/status.h"
#include "server/options.h"

namespace hillock {

// The whole server: repository, engine, gRPC and HTTP. Start() composes it, Drain() ends it;
// between them it serves on threads of its own. Both are for one thread.
//
//   Start(): listens --> loads models, NOT_SERVING --> ready or not, as Readiness says --> Drain()
//                               |
//                               v
//                       `failed` is called
class Server {
 public:
  // Called on another thread, at most once, when the server cannot go on as it should: the error
  // of a repository that cannot be listed or has no model and none can come, or ABORTED when
  // options.exit_on_error is set and a model was refused.
  using Failed = std::function<void(const absl::Status&)>;

  // Begins to listen, and to load the repository on a thread of its own. A model that cannot be
  // loaded is logged and left out. The log says when the server is ready; times in it count from
  // `start`. An error is about a TLS file, a port or a listening address.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options, Nanos start,
                                                       Failed failed);

  ~Server();

  // Answers health checks with NOT_SERVING and, if it was ready, goes on serving for
  // drain_wait_seconds. Loading is given up, and nothing waits for it. Then takes
  // no more connections, and lets those that are open finish their calls and close. Returns when
  // they have, or after drain_seconds. Called once; the process must exit then, without destroying
  // this.
  void Drain();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace hillock

#endif  // HILLOCK_SERVER_SERVER_H_
