// SPDX-License-Identifier: Apache-2.0
#include "client/metrics/metrics_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>

#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr std::string_view kBlank = " \t";

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ':';
}

// Reads one line from left to right.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : rest_(line) {}

  absl::StatusOr<Sample> ReadSample() {
    Sample sample;
    HILLOCK_ASSIGN_OR_RETURN(sample.name, Name());
    if (Skip('{')) HILLOCK_RETURN_IF_ERROR(ReadLabels(sample.labels));
    const std::string_view number = Word();
    const std::optional<double> value = ParseNumber(number);
    if (!value) return Unexpected(number, "a value");
    sample.value = *value;
    const std::string_view stamp = Word();
    if (!stamp.empty() && !ParseNumber(stamp)) return Unexpected(stamp, "a time stamp");
    if (!Trim(rest_).empty()) return Unexpected(rest_, "the end of the line");
    return sample;
  }

  std::string_view Word() {
    SkipBlank();
    const std::string_view word = rest_.substr(0, rest_.find_first_of(" \t\r"));
    rest_.remove_prefix(word.size());
    return word;
  }

  std::string_view Rest() const { return Trim(rest_); }

 private:
  static absl::Status Unexpected(std::string_view got, std::string_view want) {
    return absl::InvalidArgumentError(
        fmt::format("got {}, want {}", got.empty() ? "the end" : Quoted(got), want));
  }

  void SkipBlank() { rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlank), rest_.size())); }

  bool Skip(char c) {
    SkipBlank();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  absl::StatusOr<std::string> Name() {
    SkipBlank();
    size_t length = 0;
    while (length < rest_.size() && IsNameByte(rest_[length])) ++length;
    if (length == 0) return Unexpected(rest_, "a name");
    std::string name(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return name;
  }

  // The text up to the closing quote, with \\, \" and \n put back.
  absl::StatusOr<std::string> Value() {
    if (!Skip('"')) return Unexpected(rest_, "a quoted label value");
    std::string value;
    for (; !rest_.empty(); rest_.remove_prefix(1)) {
      char c = rest_.front();
      if (c == '"') {
        rest_.remove_prefix(1);
        return value;
      }
      if (c == '\\' && rest_.size() > 1) {
        rest_.remove_prefix(1);
        c = rest_.front() == 'n' ? '\n' : rest_.front();
      }
      value += c;
    }
    return Unexpected(rest_, "a closing quote");
  }

  absl::Status ReadLabels(Labels& labels) {
    while (!Skip('}')) {
      HILLOCK_ASSIGN_OR_RETURN(std::string name, Name());
      if (!Skip('=')) return Unexpected(rest_, "=");
      HILLOCK_ASSIGN_OR_RETURN(std::string value, Value());
      if (!labels.emplace(std::move(name), std::move(value)).second) {
        return Unexpected(labels.rbegin()->first, "each label once");
      }
      if (Skip(',')) continue;
      if (!Skip('}')) return Unexpected(rest_, ", or }");
      break;
    }
    return absl::OkStatus();
  }

  std::string_view rest_;
};

MetricFamily& FamilyNamed(Metrics& metrics, std::string_view name) {
  const auto found = metrics.find(name);
  if (found != metrics.end()) return found->second;
  return metrics.emplace(name, MetricFamily{"untyped", "", {}}).first->second;
}

// The family that a sample belongs to: its own name, or a histogram's or summary's without suffix.
std::string_view FamilyName(const Metrics& metrics, std::string_view sample) {
  for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
    if (!sample.ends_with(suffix)) continue;
    const std::string_view stem = sample.substr(0, sample.size() - suffix.size());
    const auto found = metrics.find(stem);
    if (found == metrics.end()) continue;
    if (found->second.type == "histogram" || found->second.type == "summary") return stem;
  }
  return sample;
}

void ReadComment(std::string_view line, Metrics& metrics) {
  LineReader reader(line.substr(1));
  const std::string_view kind = reader.Word();
  if (kind != "TYPE" && kind != "HELP") return;
  const std::string_view name = reader.Word();
  if (name.empty()) return;
  MetricFamily& family = FamilyNamed(metrics, name);
  (kind == "TYPE" ? family.type : family.help) = std::string(reader.Rest());
}

absl::Status ReadLine(std::string_view line, Metrics& metrics) {
  line = Trim(line);
  if (line.empty()) return absl::OkStatus();
  if (line.starts_with('#')) {
    ReadComment(line, metrics);
    return absl::OkStatus();
  }
  HILLOCK_ASSIGN_OR_RETURN(Sample sample, LineReader(line).ReadSample());
  const std::string family(FamilyName(metrics, sample.name));
  FamilyNamed(metrics, family).samples.push_back(std::move(sample));
  return absl::OkStatus();
}

bool Accumulates(const MetricFamily& family) {
  return family.type == "counter" || family.type == "histogram";
}

// The sum of a histogram of numbers below 0, too, such as hillock_activation_input, may fall.
bool MayFall(const Sample& sample) { return sample.name.ends_with("_sum"); }

using SampleKey = std::pair<std::string, Labels>;

std::map<SampleKey, double> IndexOf(const Metrics& metrics) {
  std::map<SampleKey, double> index;
  for (const auto& [name, family] : metrics) {
    for (const Sample& sample : family.samples) index[{sample.name, sample.labels}] = sample.value;
  }
  return index;
}

}  // namespace

absl::StatusOr<Metrics> ParseMetrics(std::string_view text) {
  Metrics metrics;
  for (size_t line = 1; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    HILLOCK_RETURN_IF_ERROR(
        Annotate(ReadLine(text.substr(0, end), metrics), fmt::format("line {}", line)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return metrics;
}

std::vector<const Sample*> FindSamples(const Metrics& metrics, std::string_view family,
                                       std::string_view name) {
  std::vector<const Sample*> found;
  const auto at = metrics.find(family);
  if (at == metrics.end()) return found;
  for (const Sample& sample : at->second.samples) {
    if (sample.name == name) found.push_back(&sample);
  }
  return found;
}

std::string_view LabelOf(const Sample& sample, std::string_view name) {
  const auto found = sample.labels.find(name);
  return found == sample.labels.end() ? std::string_view() : found->second;
}

Metrics Since(const Metrics& earlier, Metrics later) {
  const std::map<SampleKey, double> before = IndexOf(earlier);
  Metrics difference = later;
  for (auto& [name, family] : difference) {
    if (!Accumulates(family)) continue;
    for (Sample& sample : family.samples) {
      const auto found = before.find({sample.name, sample.labels});
      if (found == before.end()) continue;
      if (sample.value < found->second && !MayFall(sample)) return later;
      sample.value -= found->second;
    }
  }
  return difference;
}

}  // namespace hillock::client
