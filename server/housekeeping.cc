// SPDX-License-Identifier: Apache-2.0
#include "server/housekeeping.h"

#include <fmt/format.h>
#include <malloc.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "server/core/base/memory.h"
#include "server/file_stamp.h"

namespace hillock {
namespace {

constexpr absl::Duration kPeriod = absl::Seconds(1);

// Less than this is not worth the time that trimming takes.
constexpr size_t kWorthTrimming = size_t{8} << 20;

// Requests that hold no more than this are never a reason to wait.
constexpr size_t kLittle = size_t{8} << 20;
constexpr int kCalmSeconds = 2;

// Free memory that is not trimmed cannot be distinguished from used memory. So while more is
// resident than once was, trimming is tried again after this time.
constexpr int kAgainSeconds = 5;

std::string StampOf(const transport::TlsFiles& files) {
  return fmt::format("{} {} {}", FileStamp(files.certificate), FileStamp(files.key),
                     FileStamp(files.authorities));
}

// Of a keeper, which may be null.
template <class Keeper>
void Refresh(Keeper* keeper, std::string_view after_error) {
  if (keeper == nullptr) return;
  if (const absl::Status status = keeper->Refresh(); !status.ok()) {
    spdlog::error("{}: {}", after_error, std::string(status.message()));
  }
}

}  // namespace

void MemoryKeeper::SetBudget(size_t resident) {
  const size_t taken = budget_.taken();
  const size_t base = resident > taken ? resident - taken : 0;
  const size_t usable = limit_ - limit_ / 16;
  budget_.SetLimit(std::max(usable > base ? usable - base : 0, kMinBudget));
}

bool MemoryKeeper::ShouldTrim(size_t resident) {
  const size_t taken = budget_.taken();
  most_taken_ = std::max(most_taken_, taken);
  calm_ = taken <= std::max(most_taken_ / 2, kLittle) ? calm_ + 1 : 0;
  ++since_;
  const bool grown = resident >= resident_after_ + kWorthTrimming;
  const bool fallen = most_taken_ >= taken + kWorthTrimming;
  const bool may_have = since_ >= kAgainSeconds && resident >= least_resident_ + kWorthTrimming;
  return calm_ >= kCalmSeconds && (grown || fallen || may_have);
}

void MemoryKeeper::Trimmed(size_t resident) {
  calm_ = 0;
  most_taken_ = budget_.taken();
  resident_after_ = resident;
  least_resident_ = std::min(least_resident_, resident);
  since_ = 0;
}

absl::StatusOr<std::unique_ptr<TlsKeeper>> TlsKeeper::Open(const transport::TlsFiles& files) {
  std::string stamp = StampOf(files);
  HILLOCK_ASSIGN_OR_RETURN(auto context, transport::TlsContext::ForServer(files));
  return std::unique_ptr<TlsKeeper>(new TlsKeeper(files, std::move(stamp), std::move(context)));
}

TlsKeeper::TlsKeeper(transport::TlsFiles files, std::string stamp,
                     std::shared_ptr<const transport::TlsContext> context)
    : files_(std::move(files)), stamp_(std::move(stamp)), context_(std::move(context)) {}

std::shared_ptr<const transport::TlsContext> TlsKeeper::Current() const {
  const MutexLock lock(mutex_);
  return context_;
}

// The stamp is taken before the files are read: a change in between is seen the next time.
absl::Status TlsKeeper::Refresh() {
  std::string stamp = StampOf(files_);
  if (stamp == stamp_) return absl::OkStatus();
  stamp_ = std::move(stamp);
  HILLOCK_ASSIGN_OR_RETURN(auto context, transport::TlsContext::ForServer(files_));
  const MutexLock lock(mutex_);
  context_.swap(context);
  return absl::OkStatus();
}

Housekeeping::Housekeeping(transport::MemoryBudget& budget, size_t memory_limit, TlsKeeper* tls,
                           TokenKeeper* tokens)
    : memory_(budget, memory_limit), tls_(tls), tokens_(tokens) {
  malloc_trim(0);
  memory_.Trimmed(ResidentBytes());
  memory_.SetBudget(ResidentBytes());
  thread_ = std::thread([this] { Loop(); });
}

Housekeeping::~Housekeeping() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    mutex_.NotifyAll();
  }
  thread_.join();
}

void Housekeeping::Loop() {
  for (;;) {
    {
      const MutexLock lock(mutex_);
      mutex_.AwaitUntil(absl::Now() + kPeriod,
                        [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_; });
      if (stopping_) return;
    }
    const size_t resident = ResidentBytes();
    memory_.SetBudget(resident);
    if (memory_.ShouldTrim(resident)) {
      malloc_trim(0);
      memory_.Trimmed(ResidentBytes());
    }
    Refresh(tls_, "TLS goes on as it was");
    Refresh(tokens_, "tokens go on as they were");
  }
}

}  // namespace hillock
