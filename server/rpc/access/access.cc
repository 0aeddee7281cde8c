// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/access/access.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <optional>
#include <string_view>

#include "absl/strings/match.h"

namespace hillock::rpc {
namespace {

constexpr std::string_view kAuthorization = "authorization";
constexpr std::string_view kBearer = "Bearer ";  // RFC 6750, section 2.1; the case is free

// The token of such metadata, or an empty one.
std::string_view TokenOf(std::string_view authorization) {
  if (!absl::StartsWithIgnoreCase({authorization.data(), authorization.size()},
                                  {kBearer.data(), kBearer.size()})) {
    return {};
  }
  const size_t begin = authorization.find_first_not_of(' ', kBearer.size());
  return begin == std::string_view::npos ? std::string_view() : authorization.substr(begin);
}

bool AreSame(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

bool Access::FinishUnlessOk(transport::Call& call, const absl::Status& status) {
  if (!status.ok()) call.Finish(status);
  return status.ok();
}

absl::Status Access::Check(transport::Call& call, Right right) {
  if (rules_.tokens != nullptr) HILLOCK_RETURN_IF_ERROR(CheckToken(call, right));
  const bool elsewhere =
      rules_.has_control_listener && call.peer().entrance != transport::Entrance::kControl;
  if (right == Right::kControl && elsewhere) {
    return absl::PermissionDeniedError(
        "models are loaded and unloaded through the server's control listener (--control-listen), "
        "which this is not");
  }
  return absl::OkStatus();
}

absl::Status Access::CheckToken(transport::Call& call, Right right) {
  if (!Identify(call)) {
    rules_.tokens->refused().shards[reactor_].calls.Add(1);
    return absl::UnauthenticatedError(
        call.metadata(kAuthorization).empty()
            ? "got no token, want metadata 'authorization: Bearer TOKEN'"
            : "got no known token, want metadata 'authorization: Bearer TOKEN' with one of "
              "--auth-tokens");
  }
  const size_t number = call.peer().holder;
  table_->cells(number).shards[reactor_].calls.Add(1);
  const Token& token = table_->token(number);
  if (right != Right::kControl || token.control) return absl::OkStatus();
  return absl::PermissionDeniedError(
      fmt::format("the token '{}' may not load and unload models: it has no 'control' in "
                  "--auth-tokens",
                  token.name));
}

// Afterwards the peer names the token, in this reactor's table. A table that was replaced meanwhile
// has another generation, so what the peer remembers of it counts for nothing.
bool Access::Identify(transport::Call& call) {
  const TokenTable& table = Current();
  const std::string_view authorization = call.metadata(kAuthorization);
  transport::Peer& peer = call.peer();
  if (peer.generation == table.generation() && AreSame(peer.credentials, authorization)) {
    return true;
  }
  const std::string_view token = TokenOf(authorization);
  const std::optional<size_t> number = token.empty() ? std::nullopt : table.Find(token);
  if (!number) return false;
  peer.credentials = authorization;
  peer.generation = table.generation();
  peer.holder = *number;
  return true;
}

const TokenTable& Access::Current() {
  if (table_ == nullptr || table_->generation() != rules_.tokens->generation()) {
    table_ = rules_.tokens->Snapshot();
  }
  return *table_;
}

}  // namespace hillock::rpc
