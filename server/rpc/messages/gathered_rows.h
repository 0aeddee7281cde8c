#ifndef HILLOCK_SERVER_RPC_MESSAGES_GATHERED_ROWS_H_
#define HILLOCK_SERVER_RPC_MESSAGES_GATHERED_ROWS_H_

#include <cstddef>
#include <vector>

#include "server/transport/buffer.h"

namespace hillock::rpc {

// The rows of a request as floats, where they cannot be used in place. Few are in memory that is
// kept for later requests; many are charged to the request's account and freed with it. Not
// thread-safe.
class GatheredRows {
 public:
  // Charges what comes to the account that `request` is charged to, if that has one. Drops the
  // rows.
  void ChargeAs(const transport::Buffer& request);

  // Room for so many floats, whose values are undefined; null when the account has none.
  float* Make(size_t floats);

  // Frees what is not kept.
  void Release() { large_.Free(); }

  // Bytes that are charged.
  size_t allocated() const { return large_.allocated(); }

 private:
  static constexpr size_t kKeptFloats = 4096;

  std::vector<float> small_;
  transport::Buffer large_;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_GATHERED_ROWS_H_
