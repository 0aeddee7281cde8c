#ifndef HILLOCK_SERVER_SERVER_H_
#define HILLOCK_SERVER_SERVER_H_

#include <memory>
#include <string>

#include "server/core/base/status.h"
#include "server/options.h"

namespace hillock {

// The whole server: repository, engine, gRPC and metrics. Start() composes it, Drain() ends it;
// between them it serves on threads of its own. Both are for one thread.
class Server {
 public:
  // Loads the repository and begins to serve. A model that cannot be loaded is logged and left out.
  // Errors: what the repository's root, a port or a listening address has against it.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options);

  ~Server();

  // Tells probers "not serving" and goes on serving as long as the options say; then takes no more
  // connections, and has those that there are finish their calls and close. Returns when they have,
  // or their time is over. Called once; the process is to exit then, without destroying this.
  void Drain();

  // Where the server really listens, the ports chosen for it included.
  std::string address() const;
  std::string metrics_address() const;  // empty when there are no metrics

  size_t served_models() const;
  size_t unavailable_models() const;
  size_t reactors() const;

  // What the process keeps below, and what of it requests and answers may hold, in bytes.
  size_t memory_bytes() const;
  size_t request_bytes() const;

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace hillock

#endif  // HILLOCK_SERVER_SERVER_H_
