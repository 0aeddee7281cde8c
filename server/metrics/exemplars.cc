// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/exemplars.h"

#include <chrono>
#include <utility>

#include "server/core/base/utf8.h"

namespace hillock::metrics {
namespace {

constexpr Nanos kInterval = 1'000'000'000;
constexpr Nanos kPause = 1'000'000;

double SecondsSinceEpoch() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

}  // namespace

// Bytes are at least as many as characters.
void Exemplars::Offer(uint64_t nanos, Nanos now, std::string_view label, std::string_view id) {
  if (label.size() + id.size() > kMaxCharacters) return Skip(nanos, now);
  Exemplar exemplar{.label = std::string(label),
                    .id = EscapedUtf8(id),
                    .value = static_cast<double>(nanos) * TimeScale::kUnit,
                    .time = SecondsSinceEpoch()};
  if (label.size() + exemplar.id.size() > kMaxCharacters) return Skip(nanos, now);
  const size_t bucket = TimeScale::Index(nanos);
  next_[bucket] = now + kInterval;
  const MutexLock lock(mutex_);
  exemplars_[bucket] = std::move(exemplar);
}

void Exemplars::Skip(uint64_t nanos, Nanos now) { next_[TimeScale::Index(nanos)] = now + kPause; }

void Exemplars::CopyNewer(BucketExemplars& newest) const {
  const MutexLock lock(mutex_);
  for (const auto& [bucket, exemplar] : exemplars_) {
    Exemplar& known = newest[bucket];
    if (known.time < exemplar.time) known = exemplar;
  }
}

}  // namespace hillock::metrics
