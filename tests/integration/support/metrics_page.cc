// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/support/metrics_page.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <sstream>

#include "tests/integration/support/http.h"

namespace hillock::testing {
namespace {

Labels ParseLabels(const std::string& text) {
  static const std::regex kLabel(R"re((\w+)="([^"]*)")re");
  Labels labels;
  for (std::sregex_iterator it(text.begin(), text.end(), kLabel), end; it != end; ++it) {
    labels[(*it)[1]] = (*it)[2];
  }
  return labels;
}

std::vector<Sample> ParseSamples(const std::string& text) {
  static const std::regex kSample(R"((\w+)(?:\{(.*)\})? (\S+))");
  std::vector<Sample> samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::smatch match;
    if (!std::regex_match(line, match, kSample)) {
      ADD_FAILURE() << "not understood: " << line;
      continue;
    }
    samples.push_back({match[1], ParseLabels(match[2]), std::strtod(match[3].str().c_str(), {})});
  }
  return samples;
}

bool HasLabels(const Sample& sample, const Labels& labels) {
  return std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
    const auto it = sample.labels.find(label.first);
    return it != sample.labels.end() && it->second == label.second;
  });
}

// A line of the page without what varies.
std::string Outlined(std::string line) {
  static const std::regex kBound(R"re(le="[^"]*")re");
  static const std::regex kQuoted(R"re("[^"]*")re");
  if (line.front() == '#') return line;
  line.erase(line.rfind(' '));
  if (line.starts_with("hillock_build_info")) return std::regex_replace(line, kQuoted, "\"*\"");
  return std::regex_replace(line, kBound, "le=\"*\"");
}

}  // namespace

MetricsPage::MetricsPage(const ServerProcess& server) {
  const HttpAnswer answer = HttpGet(server.http_address(), "/metrics");
  EXPECT_EQ(answer.status, 200);
  text_ = answer.body;
  samples_ = ParseSamples(text_);
}

std::vector<Sample> MetricsPage::Find(const std::string& name, const Labels& labels) const {
  std::vector<Sample> found;
  for (const Sample& sample : samples_) {
    if (sample.name == name && HasLabels(sample, labels)) found.push_back(sample);
  }
  return found;
}

double MetricsPage::Sum(const std::string& name, const Labels& labels) const {
  double sum = 0;
  for (const Sample& sample : Find(name, labels)) sum += sample.value;
  return sum;
}

std::set<std::string> MetricsPage::Outline() const {
  std::set<std::string> outline;
  std::istringstream lines(text_);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && !line.starts_with("# HELP")) outline.insert(Outlined(line));
  }
  return outline;
}

}  // namespace hillock::testing
