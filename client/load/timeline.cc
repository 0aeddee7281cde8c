// SPDX-License-Identifier: Apache-2.0
#include "client/load/timeline.h"

#include <algorithm>

namespace hillock::client {
namespace {

void Add(const Timeline::Slice& from, Timeline::Slice& to) {
  to.answered.Merge(from.answered);
  to.failed += from.failed;
}

}  // namespace

void Timeline::Coarsen() {
  for (size_t i = 1; i < slices_.size(); ++i) {
    if (i % 2 == 1) {
      Add(slices_[i], slices_[i / 2]);
    } else {
      slices_[i / 2] = slices_[i];
    }
  }
  slices_.resize((slices_.size() + 1) / 2);
  interval_ *= 2;
}

Timeline::Slice& Timeline::SliceAt(Nanos since_start) {
  const auto at = static_cast<uint64_t>(std::max<Nanos>(since_start, 0));
  while (at / static_cast<uint64_t>(interval_) >= kMaxIntervals) Coarsen();
  const size_t index = at / static_cast<uint64_t>(interval_);
  if (index >= slices_.size()) slices_.resize(index + 1);
  return slices_[index];
}

void Timeline::Record(Nanos since_start, Nanos latency, bool ok) {
  Slice& slice = SliceAt(since_start);
  if (ok) {
    slice.answered.Record(latency);
  } else {
    ++slice.failed;
  }
}

void Timeline::Merge(const Timeline& other) { Append(other, 0); }

// Neither side's intervals may be longer than the other's: a slice is never cut.
void Timeline::Append(const Timeline& later, Nanos offset) {
  while (interval_ < later.interval_) Coarsen();
  for (size_t i = 0; i < later.slices_.size(); ++i) {
    Add(later.slices_[i], SliceAt(offset + static_cast<Nanos>(i) * later.interval_));
  }
}

}  // namespace hillock::client
