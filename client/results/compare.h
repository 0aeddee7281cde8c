// SPDX-License-Identifier: Apache-2.0

// Two loads side by side: what changed, and whether that is more than the runs' own noise. Pure.

#ifndef HILLOCK_CLIENT_RESULTS_COMPARE_H_
#define HILLOCK_CLIENT_RESULTS_COMPARE_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/results/load_summary.h"

namespace hillock::client {

// How far the mean of `values`, which follow each other in time, may be off, as a share of it: two
// standard errors. Neighbours depend on each other, so these are the errors of the means of up to
// ten equal parts of the run. Values that are NaN are left out. NaN for less than four parts.
double NoiseOf(std::span<const double> values);

enum class Verdict {
  kSame,     // within the noise
  kBetter,   // more requests, or less latency, than the noise explains
  kWorse,    // the opposite
  kUnknown,  // the noise is not known
};

struct Change {
  std::string run;     // "16 outstanding"
  std::string figure;  // "requests/s", "p99"
  double before = 0;
  double after = 0;
  double noise = 0;  // of the change, as a share; NaN: not known
  Verdict verdict = Verdict::kUnknown;

  double share() const { return after / before - 1; }
  bool is_latency() const { return figure.starts_with('p'); }
};

// What changed in the runs that both have: those with as many outstanding at the same rate.
// Errors: INVALID_ARGUMENT when there is no such run.
absl::StatusOr<std::vector<Change>> CompareLoads(const LoadSummary& before,
                                                 const LoadSummary& after);

// A table of the changes, and a line that says which are more than noise.
std::string CompareText(const LoadSummary& before, const LoadSummary& after,
                        std::span<const Change> changes);

// "better", "worse", "same within noise", "noise unknown".
std::string VerdictText(Verdict verdict);

// "+3.1%", "-12.0%"; "-" for NaN.
std::string ShareText(double share);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_RESULTS_COMPARE_H_
