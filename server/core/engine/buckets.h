// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_BUCKETS_H_
#define HILLOCK_SERVER_CORE_ENGINE_BUCKETS_H_

#include <algorithm>
#include <array>
#include <cstddef>

namespace hillock::engine {

// Row counts that plans have oneDNN primitives for, ascending. Rows in between are padded.
inline constexpr std::array<size_t, 13> kBuckets = {1,  2,  4,  8,  12,  16, 24,
                                                    32, 48, 64, 96, 128, 256};

// The most rows that can run together.
inline constexpr size_t kMaxRows = kBuckets.back();

// The index of the smallest bucket for `rows`. REQUIRES: 1 <= rows <= kMaxRows.
constexpr size_t BucketFor(size_t rows) {
  return static_cast<size_t>(std::ranges::lower_bound(kBuckets, rows) - kBuckets.begin());
}

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_BUCKETS_H_
