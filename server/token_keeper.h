// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TOKEN_KEEPER_H_
#define HILLOCK_SERVER_TOKEN_KEEPER_H_

#include <memory>
#include <string>
#include <utility>

#include "server/core/base/status.h"
#include "server/metrics/registry.h"
#include "server/rpc/access/token_table.h"

namespace hillock {

// The tokens in force, read anew when their file has changed. What was read is logged, with a
// warning when everybody on the machine can read it too. Refresh() is for one thread.
class TokenKeeper {
 public:
  // `registry` must outlive this. Errors: as of rpc::ReadTokenFile().
  static absl::StatusOr<std::unique_ptr<TokenKeeper>> Open(std::string file,
                                                           metrics::Registry& registry);

  const rpc::TokenHolder& tokens() const { return holder_; }

  // Reads the file again if it has changed. After an error the old tokens stay in force; the error
  // is returned once for each change.
  absl::Status Refresh();

 private:
  TokenKeeper(std::string file, metrics::Registry& registry)
      : file_(std::move(file)), holder_(registry) {}

  const std::string file_;
  std::string stamp_;  // how the file was when it was read last
  rpc::TokenHolder holder_;
};

}  // namespace hillock

#endif  // HILLOCK_SERVER_TOKEN_KEEPER_H_
