// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_INTEGRATION_SUPPORT_METRICS_PAGE_H_
#define HILLOCK_TESTS_INTEGRATION_SUPPORT_METRICS_PAGE_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/support/server_process.h"

namespace hillock::testing {

using Labels = std::map<std::string, std::string>;

struct Sample {
  std::string name;
  Labels labels;
  double value = 0;
};

// One reading of a server's /metrics. A line that is not understood fails the test.
class MetricsPage {
 public:
  explicit MetricsPage(const ServerProcess& server);

  const std::string& text() const { return text_; }

  // The samples of that name that have these labels, among others.
  std::vector<Sample> Find(const std::string& name, const Labels& labels = {}) const;

  // The sum of their values; 0 when there are none.
  double Sum(const std::string& name, const Labels& labels = {}) const;

  // The lines of the page without what differs from run to run and from machine to machine: values,
  // help, bounds of buckets, and what the build is made of.
  std::set<std::string> Outline() const;

 private:
  std::string text_;
  std::vector<Sample> samples_;
};

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_INTEGRATION_SUPPORT_METRICS_PAGE_H_
