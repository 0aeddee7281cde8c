// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/access/token_table.h"

#include <openssl/crypto.h>

#include <utility>

namespace hillock::rpc {

TokenTable::TokenTable(uint64_t generation, std::vector<Token> tokens,
                       std::vector<metrics::TokenCells*> cells)
    : generation_(generation), tokens_(std::move(tokens)), cells_(std::move(cells)) {}

// All are compared, also when one is found.
std::optional<size_t> TokenTable::Find(std::string_view token) const {
  const TokenDigest digest = DigestOf(token);
  std::optional<size_t> found;
  for (size_t i = 0; i < tokens_.size(); ++i) {
    if (CRYPTO_memcmp(digest.data(), tokens_[i].digest.data(), digest.size()) == 0) found = i;
  }
  return found;
}

void TokenHolder::Publish(std::vector<Token> tokens) {
  const uint64_t generation = generation_.load(std::memory_order_relaxed) + 1;
  std::vector<metrics::TokenCells*> cells;
  for (const Token& token : tokens) cells.push_back(&registry_.AddToken(token.name));
  auto table = std::make_shared<const TokenTable>(generation, std::move(tokens), std::move(cells));
  {
    const MutexLock lock(mutex_);
    table_.swap(table);  // the old one is freed after the lock
  }
  generation_.store(generation, std::memory_order_release);
}

}  // namespace hillock::rpc
