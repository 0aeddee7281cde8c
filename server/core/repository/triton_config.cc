// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/triton_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <set>
#include <span>

#include "server/core/repository/text_fields.h"

namespace hillock::repository {
namespace {

using Fields = std::vector<TextField>;

constexpr size_t kMaxUnheeded = 32;  // fields named in a note

absl::StatusOr<int64_t> Integer(const TextField& field, int64_t least) {
  int64_t number = 0;
  const char* const end = field.text.data() + field.text.size();
  const auto [rest, error] = std::from_chars(field.text.data(), end, number);
  if (error == std::errc() && rest == end && number >= least) return number;
  return ComplaintAt(field, fmt::format("got {} '{}', want an integer from {} on", field.name,
                                        Excerpt(field.text), least));
}

absl::StatusOr<VersionPolicy> PolicyOf(const TextField& policy) {
  VersionPolicy versions{0, {}};
  for (const TextField& choice : policy.fields) {
    if (choice.name == "all") versions.latest = VersionPolicy::kAll;
    for (const TextField& field : choice.fields) {
      if (choice.name == "latest" && field.name == "num_versions") {
        HILLOCK_ASSIGN_OR_RETURN(const int64_t latest, Integer(field, 1));
        versions.latest = static_cast<size_t>(latest);
      } else if (choice.name == "specific" && field.name == "versions") {
        HILLOCK_ASSIGN_OR_RETURN(const int64_t number, Integer(field, 1));
        versions.specific.push_back(number);
      }
    }
  }
  if (policy.fields.size() == 1 && (versions.latest > 0 || !versions.specific.empty())) {
    return versions;
  }
  return ComplaintAt(policy,
                     "version_policy: want one of 'latest { num_versions: N }', 'all {}' and "
                     "'specific { versions: [N, ...] }'");
}

// The tensor's name is all that is read of it.
void AddName(const TextField& tensor, std::vector<std::string>& names) {
  for (const TextField& field : tensor.fields) {
    if (field.name == "name") names.push_back(field.text);
  }
}

bool IsOnnxRuntime(std::string_view backend) {
  return backend.empty() || backend == "onnxruntime" || backend == "onnxruntime_onnx";
}

// Takes one field after the other.
class Reader {
 public:
  Reader(std::string_view model, const ServingOptions& defaults)
      : model_(model), options_(defaults) {}

  absl::Status Take(const TextField& field) {
    if (field.name == "name") return CheckName(field);
    if (field.name == "max_batch_size") return SetRows(field);
    if (field.name == "version_policy") {
      HILLOCK_ASSIGN_OR_RETURN(options_.versions, PolicyOf(field));
    } else if (field.name == "input") {
      AddName(field, options_.expected_inputs);
    } else if (field.name == "output") {
      AddName(field, options_.expected_outputs);
    } else if (field.name == "default_model_filename") {
      options_.model_file = field.text;
    } else if (field.name == "platform" || field.name == "backend") {
      if (!IsOnnxRuntime(field.text)) others_.emplace(Excerpt(field.text));
    } else if (unheeded_.size() < kMaxUnheeded) {
      unheeded_.emplace(Excerpt(field.name));
    }
    return absl::OkStatus();
  }

  ServingOptions Finish() {
    for (const std::string& other : others_) {
      options_.notes.push_back(
          fmt::format("config.pbtxt: '{}' does not compute the model, this server does", other));
    }
    if (!unheeded_.empty()) {
      options_.notes.push_back(
          fmt::format("config.pbtxt: without effect here: {}", fmt::join(unheeded_, ", ")));
    }
    return std::move(options_);
  }

 private:
  absl::Status CheckName(const TextField& field) const {
    if (field.text.empty() || field.text == model_) return absl::OkStatus();
    return ComplaintAt(field, fmt::format("got name '{}', want '{}', that of the folder",
                                          Excerpt(field.text), model_));
  }

  // 0 stands for a model whose shapes have no rows.
  absl::Status SetRows(const TextField& field) {
    HILLOCK_ASSIGN_OR_RETURN(const int64_t rows, Integer(field, 0));
    size_t& most = options_.limits.max_rows;
    if (rows > 0) most = std::min(most, static_cast<size_t>(rows));
    return absl::OkStatus();
  }

  const std::string_view model_;
  ServingOptions options_;
  std::set<std::string> others_;    // that were to compute the model
  std::set<std::string> unheeded_;  // fields
};

absl::Status CheckNames(std::string_view kind, std::span<const std::string> expected,
                        const std::vector<std::string>& present) {
  for (const std::string& name : expected) {
    if (std::ranges::find(present, name) != present.end()) continue;
    return absl::InvalidArgumentError(
        fmt::format("config.pbtxt has {} '{}', and the model '{}'", kind, Excerpt(name),
                    Excerpt(fmt::format("{}", fmt::join(present, "', '")))));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ServingOptions> ReadTritonConfig(std::string_view text, std::string_view model,
                                                const ServingOptions& defaults) {
  HILLOCK_ASSIGN_OR_RETURN(const Fields fields, ParseTextFields(text));
  Reader reader(model, defaults);
  for (const TextField& field : fields) HILLOCK_RETURN_IF_ERROR(reader.Take(field));
  return reader.Finish();
}

absl::Status CheckTensors(const ServingOptions& options, const model::Mlp& mlp) {
  std::vector<std::string> inputs;
  inputs.reserve(mlp.inputs.size());
  for (const model::Input& input : mlp.inputs) inputs.push_back(input.name);
  HILLOCK_RETURN_IF_ERROR(CheckNames("input", options.expected_inputs, inputs));
  std::vector<std::string> outputs;
  for (const model::Output& output : mlp.outputs) {
    outputs.push_back(output.name);
    if (output.has_labels()) outputs.push_back(mlp.LabelName(output));
  }
  for (const model::LeftOut& output : mlp.left_out) outputs.push_back(output.name);
  return CheckNames("output", options.expected_outputs, outputs);
}

}  // namespace hillock::repository
