// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/serving_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "proto/mlp.pb.h"

namespace hillock::repository {
namespace {

namespace pb = google::protobuf;
using Message = hillock::v1::ServingOptions;
using Place = pb::TextFormat::ParseLocation;  // lines and columns count from 0

std::string At(Place place, std::string_view complaint) {
  return fmt::format("line {}, column {}: {}", place.line + 1, place.column + 1, complaint);
}

class Silence final : public pb::io::ErrorCollector {
 public:
  void AddError(int, pb::io::ColumnNumber, const std::string&) override {}
};

// Where the token before the one at `place` begins.
Place TokenBefore(std::string_view text, Place place) {
  pb::io::ArrayInputStream input(text.data(), static_cast<int>(text.size()));
  Silence silence;
  pb::io::Tokenizer tokenizer(&input, &silence);
  tokenizer.set_comment_style(pb::io::Tokenizer::SH_COMMENT_STYLE);
  const auto reached = [&] {
    const auto& token = tokenizer.current();
    return token.line == place.line && token.column == place.column;
  };
  while (tokenizer.Next() && !reached()) continue;
  return {tokenizer.previous().line, tokenizer.previous().column};
}

// Keeps the first complaint.
class FirstError final : public pb::io::ErrorCollector {
 public:
  explicit FirstError(std::string_view source) : source_(source) {}

  void AddError(int line, pb::io::ColumnNumber column, const std::string& message) override {
    if (!text_.empty()) return;
    text_ = At({line, column}, message);
    if (!message.starts_with("Unknown enumeration value")) return;
    // The parser is a token further when it says this of a precision, and does not name the valid
    // values.
    text_ = At(TokenBefore(source_, {line, column}),
               fmt::format("{} Want {}.", message, fmt::join(kPrecisionNames, " or ")));
  }
  const std::string& text() const { return text_; }

 private:
  std::string_view source_;
  std::string text_;
};

// Values that the text has no fault in and that make no sense all the same.
class Checker {
 public:
  Checker(const Message& message, const pb::TextFormat::ParseInfoTree& places,
          const RequestLimits& most)
      : message_(message), places_(places), most_(most) {}

  absl::Status Check() const {
    if (!message_.backend().empty() && !FindBackend(message_.backend())) {
      return Complaint(Message::kBackendFieldNumber,
                       fmt::format("got backend '{}', want {}, {}", Excerpt(message_.backend()),
                                   kAutoBackend, fmt::join(kBackendNames, " or ")));
    }
    if (!Message::Precision_IsValid(message_.precision())) {
      return Complaint(Message::kPrecisionFieldNumber,
                       fmt::format("got precision {}, want {}", int{message_.precision()},
                                   fmt::join(kPrecisionNames, " or ")));
    }
    const double tolerance = message_.precision_tolerance();
    if (!std::isfinite(tolerance) || tolerance < 0) {
      return Complaint(
          Message::kPrecisionToleranceFieldNumber,
          fmt::format("got precision_tolerance {}, want 0 or a positive number", tolerance));
    }
    HILLOCK_RETURN_IF_ERROR(CheckLimits());
    return CheckVersions();
  }

 private:
  absl::Status CheckLimits() const {
    HILLOCK_RETURN_IF_ERROR(CheckCount(Message::kMaxRowsFieldNumber, most_.max_rows));
    HILLOCK_RETURN_IF_ERROR(CheckCount(Message::kMaxQueueRowsFieldNumber, most_.queue.rows));
    HILLOCK_RETURN_IF_ERROR(CheckCount(Message::kMaxQueueBytesFieldNumber, most_.queue.bytes));
    const double seconds = message_.max_queue_seconds();
    const double most = ToSeconds(most_.queue.wait);
    if (!message_.has_max_queue_seconds() || (seconds > 0 && seconds <= most)) {
      return absl::OkStatus();
    }
    return Complaint(Message::kMaxQueueSecondsFieldNumber,
                     fmt::format("got max_queue_seconds {}, want more than 0 and at most {}, the "
                                 "server's own bound",
                                 seconds, most));
  }

  absl::Status CheckCount(int number, size_t most) const {
    const auto* const field = Message::descriptor()->FindFieldByNumber(number);
    const uint64_t got = Message::GetReflection()->GetUInt64(message_, field);
    if (!Message::GetReflection()->HasField(message_, field) || (got > 0 && got <= most)) {
      return absl::OkStatus();
    }
    return Complaint(number, fmt::format("got {} {}, want 1 to {}, the server's own bound",
                                         field->name(), got, most));
  }

  absl::Status CheckVersions() const {
    if (!message_.has_versions()) return absl::OkStatus();
    const auto& versions = message_.versions();
    const auto& specific = versions.specific();
    if ((versions.latest() > 0) + versions.all() + !specific.empty() != 1) {
      return Complaint(Message::kVersionsFieldNumber,
                       "versions: want one of 'latest: N', 'all: true' and 'specific: [N, ...]', "
                       "N from 1 on");
    }
    const auto bad = std::ranges::find_if(specific, [](int64_t number) { return number < 1; });
    if (bad == specific.end()) return absl::OkStatus();
    return Complaint(Message::kVersionsFieldNumber,
                     fmt::format("versions: got version {}, want 1 or more", *bad));
  }

  absl::Status Complaint(int field, std::string_view what) const {
    const auto place = places_.GetLocation(Message::descriptor()->FindFieldByNumber(field), -1);
    return absl::InvalidArgumentError(At(place, what));
  }

  const Message& message_;
  const pb::TextFormat::ParseInfoTree& places_;
  const RequestLimits& most_;
};

// REQUIRES: checked.
VersionPolicy PolicyOf(const hillock::v1::Versions& versions) {
  if (versions.all()) return {VersionPolicy::kAll, {}};
  return {versions.latest(), {versions.specific().begin(), versions.specific().end()}};
}

// REQUIRES: checked.
void SetCompute(const Message& message, model::ComputeOptions& compute) {
  if (!message.backend().empty()) compute.backend = *FindBackend(message.backend());
  compute.allow_non_finite |= message.allow_non_finite();
  if (message.has_rewrite()) compute.rewrite = message.rewrite();
  if (message.has_precision()) {
    compute.precision = *FindPrecision(Message::Precision_Name(message.precision()));
  }
  if (message.has_precision_tolerance()) {
    compute.precision_tolerance = message.precision_tolerance();
  }
}

// REQUIRES: checked.
void SetLimits(const Message& message, RequestLimits& limits) {
  if (message.has_max_rows()) limits.max_rows = message.max_rows();
  if (message.has_max_queue_rows()) limits.queue.rows = message.max_queue_rows();
  if (message.has_max_queue_bytes()) limits.queue.bytes = message.max_queue_bytes();
  if (message.has_max_queue_seconds()) {
    limits.queue.wait = FromSeconds(message.max_queue_seconds());
  }
}

}  // namespace

absl::StatusOr<ServingOptions> ReadServingOptions(std::string_view text,
                                                  const ServingOptions& defaults) {
  Message message;
  FirstError error(text);
  pb::TextFormat::ParseInfoTree places;
  pb::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.WriteLocationsTo(&places);
  if (!parser.ParseFromString(std::string(text), &message)) {
    return absl::InvalidArgumentError(error.text());
  }
  HILLOCK_RETURN_IF_ERROR(Checker(message, places, defaults.limits).Check());
  ServingOptions options = defaults;
  SetCompute(message, options.compute);
  if (message.has_versions()) options.versions = PolicyOf(message.versions());
  SetLimits(message, options.limits);
  if (!message.outputs().empty()) {
    options.outputs.assign(message.outputs().begin(), message.outputs().end());
  }
  return options;
}

}  // namespace hillock::repository
