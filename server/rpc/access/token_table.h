// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_ACCESS_TOKEN_TABLE_H_
#define HILLOCK_SERVER_RPC_ACCESS_TOKEN_TABLE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "server/core/base/mutex.h"
#include "server/metrics/registry.h"
#include "server/rpc/access/token_file.h"

namespace hillock::rpc {

// The tokens of one reading of the file, with the cells that count their calls. Immutable, and
// thread-safe but for the cells.
class TokenTable {
 public:
  // `cells` are those of the tokens, in order.
  TokenTable(uint64_t generation, std::vector<Token> tokens,
             std::vector<metrics::TokenCells*> cells);

  // The number of the token, or none. The time that it takes tells nothing about the tokens but how
  // many there are.
  std::optional<size_t> Find(std::string_view token) const;

  const Token& token(size_t number) const { return tokens_[number]; }
  metrics::TokenCells& cells(size_t number) const { return *cells_[number]; }

  // Differs between two tables; never 0.
  uint64_t generation() const { return generation_; }

 private:
  const uint64_t generation_;
  const std::vector<Token> tokens_;
  const std::vector<metrics::TokenCells*> cells_;
};

// The table in force. Publish() is for one thread, the rest is thread-safe.
class TokenHolder {
 public:
  // `registry` has the cells, and must outlive this and its tables.
  explicit TokenHolder(metrics::Registry& registry)
      : registry_(registry), refused_(registry.AddToken("")) {}

  void Publish(std::vector<Token> tokens);

  // REQUIRES: something was published.
  std::shared_ptr<const TokenTable> Snapshot() const {
    const MutexLock lock(mutex_);
    return table_;
  }

  // That of the newest table; costs a load.
  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

  // Those that count the calls without a known token.
  metrics::TokenCells& refused() const { return refused_; }

 private:
  metrics::Registry& registry_;
  metrics::TokenCells& refused_;
  std::atomic<uint64_t> generation_{0};
  mutable Mutex mutex_;
  std::shared_ptr<const TokenTable> table_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_ACCESS_TOKEN_TABLE_H_
