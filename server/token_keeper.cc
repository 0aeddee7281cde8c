// SPDX-License-Identifier: Apache-2.0
#include "server/token_keeper.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <vector>

#include "server/file_stamp.h"
#include "server/rpc/access/token_file.h"

namespace hillock {
namespace {

bool IsReadableByAll(const std::string& path) {
  struct stat file {};
  return stat(path.c_str(), &file) == 0 && (file.st_mode & S_IROTH) != 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenKeeper>> TokenKeeper::Open(std::string file,
                                                               metrics::Registry& registry) {
  std::unique_ptr<TokenKeeper> keeper(new TokenKeeper(std::move(file), registry));
  HILLOCK_RETURN_IF_ERROR(keeper->Refresh());
  return keeper;
}

// The stamp is taken before the file is read: a change in between is seen the next time.
absl::Status TokenKeeper::Refresh() {
  std::string stamp = FileStamp(file_);
  if (stamp == stamp_) return absl::OkStatus();
  stamp_ = std::move(stamp);
  HILLOCK_ASSIGN_OR_RETURN(std::vector<rpc::Token> tokens, rpc::ReadTokenFile(file_));
  spdlog::info("tokens: {} in '{}'", tokens.size(), file_);
  if (IsReadableByAll(file_)) {
    spdlog::warn("tokens: every user of this machine may read '{}' (chmod o= helps)", file_);
  }
  holder_.Publish(std::move(tokens));
  return absl::OkStatus();
}

}  // namespace hillock
