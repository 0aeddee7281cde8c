// SPDX-License-Identifier: Apache-2.0
#include "client/load/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr uint32_t kMaxWeight = 1000;

std::vector<std::string_view> Split(std::string_view text, char at) {
  std::vector<std::string_view> words;
  for (;;) {
    const size_t end = text.find(at);
    words.push_back(Trim(text.substr(0, end)));
    if (end == std::string_view::npos) return words;
    text.remove_prefix(end + 1);
  }
}

// Whole numbers from 1 to `most`, separated by commas.
template <typename Number>
absl::StatusOr<std::vector<Number>> ParseCounts(std::string_view text, Number most) {
  std::vector<Number> counts;
  for (const std::string_view word : Split(text, ',')) {
    Number count = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
    const bool whole = error == std::errc() && end == word.data() + word.size();
    if (!whole || count == 0 || count > most) {
      return absl::InvalidArgumentError(
          fmt::format("got {}, want a number from 1 to {}", Quoted(word), most));
    }
    counts.push_back(count);
  }
  return counts;
}

absl::StatusOr<std::vector<double>> ParseRateList(std::string_view text, char separator) {
  std::vector<double> rates;
  for (const std::string_view word : Split(text, separator)) {
    const std::optional<double> rate = ParseNumber(word);
    if (!rate || !(*rate >= kMinRate && *rate <= kMaxRate)) {
      return absl::InvalidArgumentError(
          fmt::format("got {}, want a number from {:g} to {:g}", Quoted(word), kMinRate, kMaxRate));
    }
    rates.push_back(*rate);
  }
  return rates;
}

absl::StatusOr<Rates> Steps(std::string_view text, double low, double high, double step) {
  // A last step that rounding puts beyond the end counts.
  const double count = (high - low) / step + 1 + 1e-9;
  if (count > static_cast<double>(kMaxRates)) {
    return absl::InvalidArgumentError(
        fmt::format("got {:.0f} rates in {}, want at most {}", count, Quoted(text), kMaxRates));
  }
  Rates rates;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    rates.each.push_back(low + static_cast<double>(i) * step);
  }
  return rates;
}

}  // namespace

absl::StatusOr<std::vector<size_t>> ParseSweep(std::string_view text) {
  return ParseCounts<size_t>(text, kMaxOutstanding);
}

absl::StatusOr<std::vector<uint32_t>> ParseWeights(std::string_view text) {
  return ParseCounts<uint32_t>(text, kMaxWeight);
}

absl::StatusOr<Rates> ParseRates(std::string_view text) {
  const bool is_range = text.find(':') != std::string_view::npos;
  HILLOCK_ASSIGN_OR_RETURN(auto rates, ParseRateList(text, is_range ? ':' : ','));
  if (!is_range) return Rates{std::move(rates), false};
  if (rates.size() > 3 || rates[0] > rates[1]) {
    return absl::InvalidArgumentError(
        fmt::format("got {}, want LOW:HIGH or LOW:HIGH:STEP", Quoted(text)));
  }
  if (rates.size() == 2) return Rates{std::move(rates), true};
  return Steps(text, rates[0], rates[1], rates[2]);
}

absl::StatusOr<std::vector<double>> ParseTrace(std::string_view text, const std::string& source) {
  std::vector<double> times;
  const auto lines = Split(text, '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty() || lines[i].starts_with('#')) continue;
    const std::string_view word = Trim(lines[i].substr(0, lines[i].find(',')));
    const std::optional<double> seconds = ParseNumber(word);
    if (!seconds || !(std::abs(*seconds) < 1e12)) {
      return absl::InvalidArgumentError(
          fmt::format("{}:{}: got {}, want seconds", source, i + 1, Quoted(word)));
    }
    times.push_back(*seconds);
  }
  if (times.empty()) {
    return absl::InvalidArgumentError(fmt::format("{}: got no arrival, want some", source));
  }
  std::ranges::sort(times);
  const double start = times.front();
  for (double& time : times) time -= start;
  return times;
}

}  // namespace hillock::client
