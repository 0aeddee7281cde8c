// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_CONTROL_SERVER_STATE_H_
#define HILLOCK_SERVER_RPC_CONTROL_SERVER_STATE_H_

#include <atomic>

namespace hillock::rpc {

// Whether the server as a whole wants requests. Thread-safe.
class ServerState {
 public:
  bool ready() const { return ready_.load(); }
  void SetReady(bool ready) { ready_.store(ready); }

 private:
  std::atomic<bool> ready_{false};
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_CONTROL_SERVER_STATE_H_
