// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_MESSAGES_SCRATCH_FLOATS_H_
#define HILLOCK_SERVER_RPC_MESSAGES_SCRATCH_FLOATS_H_

#include <cstddef>
#include <vector>

#include "server/transport/buffer.h"

namespace hillock::rpc {

// Floats between a message and the engine, where they cannot be in the message itself. Few are in
// memory that is kept for later requests; many are charged to the message's account, and have to be
// released while that exists. Not thread-safe.
class ScratchFloats {
 public:
  // Charges what comes to the account that `message` is charged to, if that has one.
  void ChargeAs(const transport::Buffer& message);

  // Room for so many floats, whose values are undefined, in place of what was there. TryMake()
  // returns null when the account has none; Make() charges it all the same.
  float* TryMake(size_t floats);
  float* Make(size_t floats);

  // Frees what is not kept.
  void Release() { large_.Free(); }

  // Bytes that are charged.
  size_t allocated() const { return large_.allocated(); }

 private:
  std::vector<float> small_;
  transport::Buffer large_;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_SCRATCH_FLOATS_H_
