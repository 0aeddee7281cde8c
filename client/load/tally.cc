// SPDX-License-Identifier: Apache-2.0
#include "client/load/tally.h"

#include <algorithm>

namespace hillock::client {

Outcome& LoadTally::OutcomeOf(absl::StatusCode code, std::string_view message) {
  const auto found = outcomes_.find(code);
  if (found != outcomes_.end()) return found->second;
  Outcome& outcome = outcomes_[code];
  outcome.message = message;
  return outcome;
}

void LoadTally::Record(absl::StatusCode code, Nanos latency, bool in_time,
                       std::string_view message) {
  Outcome& outcome = OutcomeOf(code, message);
  outcome.latencies.Record(latency);
  outcome.in_time += in_time ? 1 : 0;
}

void LoadTally::RecordSchedule(uint64_t late, uint64_t unsent, Nanos most_behind) {
  late_ += late;
  unsent_ += unsent;
  most_behind_ = std::max(most_behind_, most_behind);
}

void LoadTally::AddCounts(const LoadTally& other) {
  for (const auto& [code, theirs] : other.outcomes_) {
    Outcome& ours = OutcomeOf(code, theirs.message);
    ours.latencies.Merge(theirs.latencies);
    ours.in_time += theirs.in_time;
  }
  RecordSchedule(other.late_, other.unsent_, other.most_behind_);
  retries_ += other.retries_;
}

void LoadTally::Merge(const LoadTally& other) {
  AddCounts(other);
  RecordElapsed(other.elapsed_);
  timeline_.Merge(other.timeline_);
}

void LoadTally::Append(const LoadTally& later) {
  AddCounts(later);
  timeline_.Append(later.timeline_, elapsed_);
  elapsed_ += later.elapsed_;
}

uint64_t LoadTally::count() const {
  uint64_t count = 0;
  for (const auto& [code, outcome] : outcomes_) count += outcome.count();
  return count;
}

uint64_t LoadTally::count(absl::StatusCode code) const {
  const auto found = outcomes_.find(code);
  return found == outcomes_.end() ? 0 : found->second.count();
}

}  // namespace hillock::client
