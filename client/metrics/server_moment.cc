// SPDX-License-Identifier: Apache-2.0
#include "client/metrics/server_moment.h"

#include <string>
#include <utility>

#include "client/metrics/histogram.h"
#include "server/metrics/families.h"

namespace hillock::client {
namespace {

constexpr double kMedian = 0.5;
constexpr double kTail = 0.99;

}  // namespace

ServerMoment MomentBetween(const Metrics& earlier, Metrics later, double at, double seconds) {
  const Metrics all = Since(earlier, std::move(later));
  auto stages = CollectHistograms(all, metrics::kRequestSeconds.name, [](const Sample& sample) {
    return std::string(LabelOf(sample, "stage"));
  });
  double requests = 0;
  for (const Sample* sample : FindSamples(all, metrics::kRequests.name, metrics::kRequests.name)) {
    requests += sample->value;
  }
  const Histogram& queue = stages["queue"];
  const Histogram& compute = stages["compute"];
  return {at,
          requests / seconds,
          queue.Quantile(kMedian),
          queue.Quantile(kTail),
          compute.Quantile(kMedian),
          compute.Quantile(kTail)};
}

}  // namespace hillock::client
