// SPDX-License-Identifier: Apache-2.0

// The file of --auth-tokens. A line of it is NAME TOKEN, or NAME TOKEN control, with any blanks
// between; empty lines, and those that begin with #, are comments.
//
//   NAME     1 to 64 letters, digits, '.', '_' and '-'. Several lines may have the same one, so
//            that a token can be replaced while both are in use
//   TOKEN    16 to 512 characters of RFC 6750 (b64token): letters, digits, -._~+/ and = at the end
//   control  the holder may load and unload models
//
// Errors never quote the file: what stands in the place of a name may be a token.

#ifndef HILLOCK_SERVER_RPC_ACCESS_TOKEN_FILE_H_
#define HILLOCK_SERVER_RPC_ACCESS_TOKEN_FILE_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"

namespace hillock::rpc {

// SHA-256 of a token. The token itself is not kept.
using TokenDigest = std::array<uint8_t, 32>;

TokenDigest DigestOf(std::string_view token);

struct Token {
  std::string name;
  TokenDigest digest{};
  bool control = false;
};

// The tokens of a file's text, in order. INVALID_ARGUMENT with the number of the first wrong line;
// for more than 1,000 tokens, the same token twice, and no token at all.
absl::StatusOr<std::vector<Token>> ParseTokens(std::string_view text);

// The tokens of the file. Errors are those of ParseTokens() or the system's, with the file's name.
absl::StatusOr<std::vector<Token>> ReadTokenFile(const std::string& path);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_ACCESS_TOKEN_FILE_H_
