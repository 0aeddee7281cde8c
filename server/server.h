// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_SERVER_H_
#define HILLOCK_SERVER_SERVER_H_

#include <memory>
#include <string>

#include "server/core/base/status.h"
#include "server/options.h"

namespace hillock {

// The whole server: repository, engine, gRPC and HTTP. Start() composes it, Drain() ends it;
// between them it serves on threads of its own. Both are for one thread.
class Server {
 public:
  // Loads the repository and begins to serve. A model that cannot be loaded is logged and left out.
  // An error is about the repository's root, a file of TLS or tokens, a port or a listening
  // address.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options);

  ~Server();

  // Answers health checks with NOT_SERVING and goes on serving for drain_wait_seconds. Then takes
  // no more connections, and lets those that are open finish their calls and close. Returns when
  // they have, or after drain_seconds. Called once; the process must exit then, without destroying
  // this.
  void Drain();

  // Where the server really listens, the ports chosen for it included.
  std::string address() const;
  std::string control_address() const;  // empty when there is no listener for control
  std::string http_address() const;     // empty when there is no HTTP port

  size_t served_models() const;
  size_t unavailable_models() const;
  size_t reactors() const;

  // The limit of the process, and the part of it that requests and answers may hold, in bytes.
  size_t memory_bytes() const;
  size_t request_bytes() const;

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace hillock

#endif  // HILLOCK_SERVER_SERVER_H_
