#ifndef HILLOCK_SERVER_RPC_MESSAGES_LIMITS_H_
#define HILLOCK_SERVER_RPC_MESSAGES_LIMITS_H_

#include <cstddef>

namespace hillock::rpc {

// Of every request, whatever its model allows.
struct Limits {
  size_t max_answer_bytes = 64 << 20;  // of the numbers in its answer, all outputs together
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_LIMITS_H_
