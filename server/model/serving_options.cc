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
  return options;
}

}  // namespace hillock::model
