// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_MESSAGES_LIMITS_H_
#define HILLOCK_SERVER_RPC_MESSAGES_LIMITS_H_

#include <cstddef>

namespace hillock::rpc {

// Of every request, whatever its model allows.
struct Limits {
  size_t max_answer_bytes = 64 << 20;  // of the numbers in its answer, all outputs together

  // Of its rows as floats, where they have to be made: of numbers in another datatype, of several
  // inputs, of one row that stands for all.
  size_t max_row_bytes = 64 << 20;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_LIMITS_H_
