// SPDX-License-Identifier: Apache-2.0
#include "server/core/model/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "proto/mlp.pb.h"
#include "server/core/model/checksum.h"
#include "server/core/model/format/layers.h"
#include "server/core/model/format/numbers.h"
#include "server/core/model/format/tensors.h"
#include "server/core/model/limits.h"

namespace hillock::model {
namespace {

// The version that brought a field of `file` that `version` does not have; 0 when there is none.
unsigned ForeignVersion(const v1::Mlp& file, unsigned version) {
  const auto any_layer = [&](auto has) { return std::ranges::any_of(file.layers(), has); };
  const auto any_output = [&](auto has) { return std::ranges::any_of(file.outputs(), has); };
  if (version != kChainVersion &&
      (file.has_output() || file.class_labels_size() > 0 || file.has_threshold())) {
    return kChainVersion;
  }
  if (version == kGraphVersion) return file.has_input() ? kChainVersion : 0;
  if (file.inputs_size() > 0 || file.words_size() > 0 || file.left_out_size() > 0 ||
      any_layer([](const v1::Layer& layer) {
        return layer.operation_case() != v1::Layer::OPERATION_NOT_SET ||
               layer.operands_size() > 0 || layer.group() != 0;
      }) ||
      any_output([](const v1::Output& output) {
        return !output.datatype().empty() || output.has_shape() || output.column_names_size() > 0 ||
               output.has_constant();
      })) {
    return kGraphVersion;
  }
  const bool of_tree = file.outputs_size() > 0 ||
                       any_layer([](const v1::Layer& layer) { return layer.has_source(); });
  return version == kChainVersion && of_tree ? kTreeVersion : 0;
}

// Fields of another version would change the answers of a reader that knows only that.
absl::Status CheckVersion(const v1::Mlp& file) {
  const unsigned version = file.format_version();
  if (version < kChainVersion || version > kGraphVersion) {
    return absl::UnimplementedError(
        fmt::format("format version {}, want {} to {}", version, kChainVersion, kGraphVersion));
  }
  const unsigned foreign = ForeignVersion(file, version);
  if (foreign == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("has fields of format version {}, but is of {}", foreign, version));
}

absl::StatusOr<v1::Mlp> Parse(std::string_view content) {
  if (content.size() > std::numeric_limits<int>::max()) {
    return absl::ResourceExhaustedError(
        fmt::format("{} bytes, want at most {}", content.size(), std::numeric_limits<int>::max()));
  }
  HILLOCK_RETURN_IF_ERROR(CheckTrailer(content));
  v1::Mlp file;
  if (!file.ParseFromArray(content.data(), static_cast<int>(content.size()))) {
    return absl::DataLossError("not a hillock.v1.Mlp message");
  }
  HILLOCK_RETURN_IF_ERROR(CheckVersion(file));
  return file;
}

absl::Status ReadLayers(const v1::Mlp& file, Mlp& mlp) {
  for (int i = 0; i < file.layers_size(); ++i) {
    auto layer = ReadLayer(file.layers(i), static_cast<size_t>(i));
    if (!layer.ok()) {
      return Annotate(layer.status(),
                      fmt::format("layer {} '{}'", i, Excerpt(file.layers(i).name())));
    }
    mlp.layers.push_back(*std::move(layer));
  }
  if (mlp.layers.empty()) return absl::InvalidArgumentError("has 0 layers, want at least 1");
  return absl::OkStatus();
}

absl::Status ReadInputs(const v1::Mlp& file, Mlp& mlp) {
  if (file.format_version() != kGraphVersion) {
    HILLOCK_ASSIGN_OR_RETURN(std::string name, NameOr("input name", file.input().name(), "input"));
    mlp.inputs = {FlatInput(std::move(name), mlp.layers.front().inputs)};
    return absl::OkStatus();
  }
  for (int i = 0; i < file.inputs_size(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(Input input, ReadInput(file.inputs(i), static_cast<size_t>(i)));
    mlp.inputs.push_back(std::move(input));
  }
  return absl::OkStatus();
}

// What one half of a normalization states proves the width before the other is filled in.
absl::Status CheckHalf(std::string_view what, const std::string& bytes, size_t width) {
  if (bytes.empty() || bytes.size() == width * sizeof(float)) return absl::OkStatus();
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<float> floats, Floats(what, bytes));
  return absl::InvalidArgumentError(
      fmt::format("{} has {} floats, want {}", what, floats.size(), width));
}

absl::Status ReadNormalization(const v1::Mlp& file, Mlp& mlp) {
  const v1::Normalization& from = file.normalization();
  const size_t width = mlp.input_width();
  // In versions 1 and 2 the weights prove the width.
  const bool says_nothing = from.offset().empty() && from.scale().empty();
  if (!file.has_normalization() || (says_nothing && file.format_version() == kGraphVersion)) {
    return absl::OkStatus();
  }
  HILLOCK_RETURN_IF_ERROR(CheckHalf("normalization: offset", from.offset(), width));
  HILLOCK_RETURN_IF_ERROR(CheckHalf("normalization: scale", from.scale(), width));
  HILLOCK_ASSIGN_OR_RETURN(mlp.offset, FloatsOr("offset", from.offset(), width, 0.0f));
  HILLOCK_ASSIGN_OR_RETURN(mlp.scale, FloatsOr("scale", from.scale(), width, 1.0f));
  return absl::OkStatus();
}

// What version 1 says of its only output, in the words of version 2.
v1::Output OnlyOutput(const v1::Mlp& file) {
  v1::Output output;
  output.set_name(file.output().name().empty() ? "output" : file.output().name());
  output.set_width(file.output().width());
  output.set_source(static_cast<uint32_t>(file.layers_size()));
  *output.mutable_class_labels() = file.class_labels();
  if (file.has_threshold()) output.set_threshold(file.threshold());
  return output;
}

std::vector<v1::Output> OutputsOf(const v1::Mlp& file) {
  if (file.format_version() == kChainVersion) return {OnlyOutput(file)};
  return {file.outputs().begin(), file.outputs().end()};
}

absl::Status ReadLeftOut(const v1::Mlp& file, Mlp& mlp) {
  for (const v1::LeftOut& from : file.left_out()) {
    HILLOCK_ASSIGN_OR_RETURN(std::string name, NameOr("left out output name", from.name(), ""));
    mlp.left_out.push_back({std::move(name), from.reason()});
  }
  return absl::OkStatus();
}

absl::Status CheckWidth(std::string_view what, uint32_t stated, size_t want) {
  if (stated == want) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{} has width {}, want {}, as its layer", what, stated, want));
}

absl::Status CheckWidths(const v1::Mlp& file, const std::vector<v1::Output>& outputs,
                         const Mlp& mlp) {
  if (file.format_version() != kGraphVersion) {
    HILLOCK_RETURN_IF_ERROR(CheckWidth("input", file.input().width(), mlp.input_width()));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    HILLOCK_RETURN_IF_ERROR(CheckWidth(fmt::format("output '{}'", Excerpt(mlp.outputs[i].name)),
                                       outputs[i].width(), mlp.width(mlp.outputs[i])));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Mlp> ReadMlp(std::string_view content) {
  HILLOCK_ASSIGN_OR_RETURN(const v1::Mlp file, Parse(content));
  Mlp mlp;
  mlp.producer = file.producer();
  HILLOCK_RETURN_IF_ERROR(ReadLayers(file, mlp));
  HILLOCK_RETURN_IF_ERROR(ReadInputs(file, mlp));
  HILLOCK_RETURN_IF_ERROR(ReadNormalization(file, mlp));
  const std::vector<v1::Output> outputs = OutputsOf(file);
  for (size_t i = 0; i < outputs.size(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(Output output, ReadOutput(outputs[i], i));
    mlp.outputs.push_back(std::move(output));
  }
  mlp.words.assign(file.words().begin(), file.words().end());
  HILLOCK_RETURN_IF_ERROR(ReadLeftOut(file, mlp));
  HILLOCK_RETURN_IF_ERROR(Validate(mlp));
  HILLOCK_RETURN_IF_ERROR(CheckWidths(file, outputs, mlp));
  return mlp;
}

}  // namespace hillock::model
