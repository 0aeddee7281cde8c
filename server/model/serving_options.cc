#include "server/model/serving_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <string>

#include "proto/mlp.pb.h"

namespace hillock::model {
namespace {

namespace pb = google::protobuf;

// Keeps the first complaint.
class FirstError final : public pb::io::ErrorCollector {
 public:
  void AddError(int line, pb::io::ColumnNumber column, const std::string& message) override {
    // Lines and columns count from 0 there.
    if (text_.empty()) text_ = fmt::format("line {}, column {}: {}", line + 1, column + 1, message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

absl::StatusOr<VersionPolicy> ReadVersions(const hillock::v1::Versions& versions) {
  const auto& specific = versions.specific();
  if ((versions.latest() > 0) + versions.all() + !specific.empty() != 1) {
    return absl::InvalidArgumentError(
        "versions: want one of 'latest: N', 'all: true' and "
        "'specific: [N, ...]', N from 1 on");
  }
  if (versions.all()) return VersionPolicy{VersionPolicy::kAll, {}};
  if (specific.empty()) return VersionPolicy{versions.latest(), {}};
  for (const int64_t number : specific) {
    if (number < 1) {
      return absl::InvalidArgumentError(
          fmt::format("versions: got version {}, want 1 or more", number));
    }
  }
  return VersionPolicy{0, {specific.begin(), specific.end()}};
}

}  // namespace

absl::StatusOr<ServingOptions> ReadServingOptions(std::string_view text,
                                                  const ServingOptions& defaults) {
  hillock::v1::ServingOptions message;
  FirstError error;
  pb::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(std::string(text), &message)) {
    return absl::InvalidArgumentError(error.text());
  }
  ServingOptions options = defaults;
  if (!message.backend().empty()) {
    const auto backend = FindBackend(message.backend());
    if (!backend) {
      return absl::InvalidArgumentError(fmt::format("got backend '{}', want {}, {}",
                                                    Excerpt(message.backend()), kAutoBackend,
                                                    fmt::join(kBackendNames, " or ")));
    }
    options.backend = *backend;
  }
  options.allow_non_finite |= message.allow_non_finite();
  if (message.has_rewrite()) options.rewrite = message.rewrite();
  if (message.has_versions()) {
    HILLOCK_ASSIGN_OR_RETURN(options.versions, ReadVersions(message.versions()));
  }
  return options;
}

}  // namespace hillock::model
