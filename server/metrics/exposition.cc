// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/exposition.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "server/core/base/utf8.h"

namespace hillock::metrics {
namespace {

prometheus::MetricType TypeOf(Kind kind) {
  switch (kind) {
    case Kind::kCounter:
      return prometheus::MetricType::Counter;
    case Kind::kGauge:
      return prometheus::MetricType::Gauge;
    case Kind::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
}

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double pages = 0;
  statm >> pages >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double OpenFds() {
  std::error_code error;
  const std::filesystem::directory_iterator fds("/proc/self/fd", error);
  return static_cast<double>(std::distance(begin(fds), end(fds)));
}

double MaxFds() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

// Taken before main runs.
double NowSinceEpoch() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

const double kStartTime = NowSinceEpoch();

}  // namespace

prometheus::ClientMetric& Exposition::Sample(const Family& family, const Labels& labels) {
  const auto [position, is_new] = positions_.try_emplace(family.name, families_.size());
  if (is_new) {
    families_.push_back(
        {std::string(family.name), std::string(family.help), TypeOf(family.kind), {}});
  }
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : labels) metric.label.push_back({name, EscapedUtf8(value)});
  auto& metrics = families_[position->second].metric;
  metrics.push_back(std::move(metric));
  return metrics.back();
}

void Exposition::Number(const Family& family, const Labels& labels, double value) {
  prometheus::ClientMetric& sample = Sample(family, labels);
  if (family.kind == Kind::kCounter) {
    sample.counter.value = value;
  } else {
    sample.gauge.value = value;
  }
}

void CellExposer::operator()(const Family& family, LabelList labels, const Counter& total) const {
  if (total.Get() != 0) out_.Number(family, With(labels), static_cast<double>(total.Get()));
}

void CellExposer::operator()(const Family& family, LabelList labels, const Gauge& total) const {
  out_.Number(family, With(labels), static_cast<double>(total.Get()));
}

Labels CellExposer::With(LabelList labels) const {
  Labels all = labels_;
  all.insert(all.end(), labels.begin(), labels.end());
  return all;
}

void ExposeProcess(Exposition& exposition) {
  exposition.Number(kProcessCpuSeconds, {}, CpuSeconds());
  exposition.Number(kProcessResidentBytes, {}, ResidentBytes());
  exposition.Number(kProcessOpenFds, {}, OpenFds());
  exposition.Number(kProcessMaxFds, {}, MaxFds());
  exposition.Number(kProcessStartTime, {}, kStartTime);
}

}  // namespace hillock::metrics
