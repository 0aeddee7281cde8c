// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_ACCESS_ACCESS_H_
#define HILLOCK_SERVER_RPC_ACCESS_ACCESS_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "server/core/base/status.h"
#include "server/metrics/cells.h"
#include "server/rpc/access/token_table.h"
#include "server/transport/grpc/call.h"

namespace hillock::rpc {

// What a method asks of its caller.
enum class Right : uint8_t {
  kNone,     // health checks: probes cannot send a token
  kUse,      // a token, where there are any
  kControl,  // it changes the server: a token with that right, and the control listener if there is
             // one
};

// Who may do what, for the whole server.
struct AccessRules {
  const TokenHolder* tokens = nullptr;  // null: callers need none
  bool has_control_listener = false;
};

// Holds the calls of one reactor to the rules, and counts them by the name of their token. Belongs
// to the reactor's thread.
//
// A client sends the same metadata with every call, so its connection's Peer remembers what was
// accepted last, and a comparison of bytes is all that the next call costs. Behind a proxy one
// connection may carry the calls of several clients: that comparison, too, takes the same time
// whatever the bytes are.
class Access {
 public:
  // `reactor`: which of the metrics' shards is written. What `rules` points to must outlive this.
  Access(const AccessRules& rules, size_t reactor) : rules_(rules), reactor_(reactor) {}

  // Whether a new call may go on. If not, it has been finished: UNAUTHENTICATED without a known
  // token, PERMISSION_DENIED without the right, or on another listener than the one for control.
  // Costs two comparisons where there are no tokens.
  bool Admits(transport::Call& call, Right right) {
    if (right == Right::kNone || (right == Right::kUse && rules_.tokens == nullptr)) return true;
    return FinishUnlessOk(call, Check(call, right));
  }

 private:
  static bool FinishUnlessOk(transport::Call& call, const absl::Status& status);
  absl::Status Check(transport::Call& call, Right right);
  absl::Status CheckToken(transport::Call& call, Right right);
  bool Identify(transport::Call& call);
  const TokenTable& Current();

  const AccessRules rules_;
  const size_t reactor_;
  std::shared_ptr<const TokenTable> table_;  // as of the last call
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_ACCESS_ACCESS_H_
