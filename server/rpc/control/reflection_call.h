// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_CONTROL_REFLECTION_CALL_H_
#define HILLOCK_SERVER_RPC_CONTROL_REFLECTION_CALL_H_

#include <cstddef>

#include "server/rpc/control/reflection.h"
#include "server/transport/grpc/call.h"

namespace hillock::rpc {

// One ServerReflectionInfo call: answers each request at once, on the call's event loop. A client
// that does not read is held back. Ends with OK when the client half-closes, INVALID_ARGUMENT or
// RESOURCE_EXHAUSTED for what is no request or too large for one, UNAVAILABLE when the server
// drains.
class ReflectionCall final : public transport::Handler {
 public:
  // The client is held back while more bytes of answers than this have not left.
  static constexpr size_t kMaxUnsentBytes = size_t{64} << 10;

  // `reflection` must outlive the call.
  static transport::Handler* Open(transport::Call& call, const Reflection& reflection) {
    return new ReflectionCall(call, reflection);
  }

  void OnMessage(transport::Buffer message) override;
  void OnHalfClose() override;
  void OnBroken(const absl::Status&) override { call_ = nullptr; }
  void OnDrain() override;
  void OnSent() override;
  void OnClosed(bool) override { delete this; }

 private:
  ReflectionCall(transport::Call& call, const Reflection& reflection)
      : call_(&call), reflection_(reflection) {}

  void Finish(const absl::Status& status);
  void HoldBack(bool paused);

  transport::Call* call_;  // null once it has been finished
  const Reflection& reflection_;
  bool paused_ = false;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_CONTROL_REFLECTION_CALL_H_
