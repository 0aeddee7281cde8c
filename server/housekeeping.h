// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_HOUSEKEEPING_H_
#define HILLOCK_SERVER_HOUSEKEEPING_H_

#include <atomic>
#include <cstddef>
#include <limits>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "server/core/base/mutex.h"
#include "server/core/base/status.h"
#include "server/token_keeper.h"
#include "server/transport/memory.h"
#include "server/transport/net/tls.h"

namespace hillock {

// Adapts the memory budget of requests to the memory that the process has, and decides when the
// heap gives memory back. Not thread-safe.
class MemoryKeeper {
 public:
  // `budget` must outlive this.
  MemoryKeeper(transport::MemoryBudget& budget, size_t limit) : budget_(budget), limit_(limit) {}

  // budget = max(kMinBudget, 15/16 x limit - (resident - what requests hold now)).
  void SetBudget(size_t resident);

  // Whether the heap should be trimmed: requests hold less than half of what they did, or little,
  // for some seconds, and either that or what is resident has changed by enough since the last
  // time, or more is resident than has to be and the last time is some seconds ago. To be asked
  // once a second.
  bool ShouldTrim(size_t resident);

  // The heap has been trimmed, to so many resident bytes. To be called once before the rest.
  void Trimmed(size_t resident);

  static constexpr size_t kMinBudget = size_t{64} << 20;

 private:
  transport::MemoryBudget& budget_;
  const size_t limit_;
  size_t most_taken_ = 0;                                       // since the heap was trimmed last
  size_t resident_after_ = 0;                                   // that
  size_t least_resident_ = std::numeric_limits<size_t>::max();  // after any
  int since_ = 0;                                               // seconds, then
  int calm_ = 0;  // seconds in a row that little was held
};

// The TLS context in force, made anew when its files have changed. Thread-safe.
class TlsKeeper {
 public:
  // Errors: as of TlsContext::ForServer().
  static absl::StatusOr<std::unique_ptr<TlsKeeper>> Open(const transport::TlsFiles& files);

  std::shared_ptr<const transport::TlsContext> Current() const;

  // Reads the files again if they have changed. After an error the old context stays in force; the
  // error is returned once for each change.
  absl::Status Refresh();

 private:
  TlsKeeper(transport::TlsFiles files, std::string stamp,
            std::shared_ptr<const transport::TlsContext> context);

  const transport::TlsFiles files_;
  std::string stamp_;  // how the files were when they were read last
  mutable Mutex mutex_;
  std::shared_ptr<const transport::TlsContext> context_ ABSL_GUARDED_BY(mutex_);
};

// A thread that calls all three once a second while this lives.
class Housekeeping {
 public:
  // All must outlive this; `tls` and `tokens` may be null.
  Housekeeping(transport::MemoryBudget& budget, size_t memory_limit, TlsKeeper* tls,
               TokenKeeper* tokens);
  ~Housekeeping();

 private:
  void Loop();

  MemoryKeeper memory_;
  TlsKeeper* const tls_;
  TokenKeeper* const tokens_;
  Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace hillock

#endif  // HILLOCK_SERVER_HOUSEKEEPING_H_
