#include "server/core/model/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "proto/mlp.pb.h"
#include "server/core/base/background_thread.h"
#include "server/core/model/checksum.h"
#include "server/core/model/limits.h"

namespace hillock::model {
namespace {

static_assert(std::endian::native == std::endian::little, "the file's floats are little-endian");

absl::StatusOr<std::vector<float>> Floats(std::string_view what, const std::string& bytes) {
  if (bytes.size() % sizeof(float) != 0) {
    return absl::InvalidArgumentError(
        fmt::format("{} has {} bytes, want a multiple of {}", what, bytes.size(), sizeof(float)));
  }
  std::vector<float> floats(bytes.size() / sizeof(float));
  if (!bytes.empty()) std::memcpy(floats.data(), bytes.data(), bytes.size());
  return floats;
}

// As Floats, but an empty field stands for `count` times `value`. Callers have checked that `count`
// numbers are really there.
absl::StatusOr<std::vector<float>> FloatsOr(std::string_view what, const std::string& bytes,
                                            size_t count, float value) {
  if (bytes.empty()) return std::vector<float>(count, value);
  return Floats(what, bytes);
}

absl::StatusOr<std::string> Name(std::string_view what, const std::string& given,
                                 std::string_view otherwise) {
  if (given.size() > kMaxNameBytes) {
    return absl::InvalidArgumentError(
        fmt::format("{} has {} characters, want at most {}", what, given.size(), kMaxNameBytes));
  }
  return given.empty() ? std::string(otherwise) : given;
}

absl::Status ReadActivation(const v1::Activation& from, Layer& layer) {
  const std::string name = from.name().empty() ? "identity" : from.name();
  layer.activation = activation::Find(name);
  if (layer.activation == nullptr) {
    return absl::UnimplementedError(fmt::format("unknown activation '{}'", Excerpt(name)));
  }
  const std::map<std::string, float> given(from.parameters().begin(), from.parameters().end());
  HILLOCK_ASSIGN_OR_RETURN(layer.params, activation::ResolveParams(*layer.activation, given));
  HILLOCK_ASSIGN_OR_RETURN(layer.slopes, Floats("slopes", from.slopes()));
  return absl::OkStatus();
}

absl::StatusOr<Layer> ReadLayer(const v1::Layer& from, size_t index) {
  YieldIfContended();
  Layer layer;
  HILLOCK_ASSIGN_OR_RETURN(layer.name, Name("name", from.name(), fmt::format("layer{}", index)));
  layer.source = ValueId{from.has_source() ? from.source() : index};
  layer.inputs = from.inputs();
  layer.outputs = from.outputs();
  HILLOCK_ASSIGN_OR_RETURN(layer.weights, Floats("weights", from.weights()));
  // The sizes come from the file; the weights prove them before the defaults are allocated.
  if (layer.weights.size() != layer.inputs * layer.outputs) {
    return absl::InvalidArgumentError(fmt::format("weights has {} floats, want {} x {} = {}",
                                                  layer.weights.size(), layer.outputs, layer.inputs,
                                                  layer.inputs * layer.outputs));
  }
  if (layer.inputs == 0 || layer.outputs == 0) {
    return absl::InvalidArgumentError(
        fmt::format("got {} inputs and {} outputs, want at least 1", layer.inputs, layer.outputs));
  }
  HILLOCK_ASSIGN_OR_RETURN(layer.bias, FloatsOr("bias", from.bias(), layer.outputs, 0.0f));
  HILLOCK_RETURN_IF_ERROR(ReadActivation(from.activation(), layer));
  return layer;
}

absl::Status ReadInput(const v1::Mlp& file, Mlp& mlp) {
  HILLOCK_ASSIGN_OR_RETURN(std::string name, Name("input name", file.input().name(), "input"));
  mlp.inputs = {FlatInput(std::move(name), mlp.layers.front().inputs)};
  if (!file.has_normalization()) return absl::OkStatus();
  const auto& from = file.normalization();
  HILLOCK_ASSIGN_OR_RETURN(mlp.offset, FloatsOr("offset", from.offset(), mlp.input_width(), 0.0f));
  HILLOCK_ASSIGN_OR_RETURN(mlp.scale, FloatsOr("scale", from.scale(), mlp.input_width(), 1.0f));
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

absl::StatusOr<Output> ReadOutput(const v1::Output& from, size_t index) {
  Output output;
  HILLOCK_ASSIGN_OR_RETURN(output.name,
                           Name("output name", from.name(), fmt::format("output{}", index)));
  output.source = ValueId{from.source()};
  output.class_labels.assign(from.class_labels().begin(), from.class_labels().end());
  if (from.has_threshold()) output.threshold = from.threshold();
  output.multilabel = from.multilabel();
  return output;
}

absl::Status CheckWidth(std::string_view what, uint32_t stated, size_t want) {
  if (stated == want) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{} has width {}, want {}, as its layer", what, stated, want));
}

absl::Status CheckWidths(const v1::Mlp& file, const std::vector<v1::Output>& outputs,
                         const Mlp& mlp) {
  HILLOCK_RETURN_IF_ERROR(CheckWidth("input", file.input().width(), mlp.input_width()));
  for (size_t i = 0; i < outputs.size(); ++i) {
    HILLOCK_RETURN_IF_ERROR(CheckWidth(fmt::format("output '{}'", Excerpt(mlp.outputs[i].name)),
                                       outputs[i].width(), mlp.width(mlp.outputs[i])));
  }
  return absl::OkStatus();
}

// Fields of the other version would change the answers of a reader that knows only that.
absl::Status CheckVersion(const v1::Mlp& file) {
  const bool chain = file.format_version() == kChainVersion;
  if (!chain && file.format_version() != kTreeVersion) {
    return absl::UnimplementedError(fmt::format(
        "format version {}, want {} or {}", file.format_version(), kChainVersion, kTreeVersion));
  }
  const bool has_sources =
      std::ranges::any_of(file.layers(), [](const v1::Layer& layer) { return layer.has_source(); });
  const bool of_tree = has_sources || file.outputs_size() > 0;
  const bool of_chain = file.has_output() || file.class_labels_size() > 0 || file.has_threshold();
  if (!(chain ? of_tree : of_chain)) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("has fields of format version {}, but is of {}",
                                                chain ? kTreeVersion : kChainVersion,
                                                file.format_version()));
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

}  // namespace

absl::StatusOr<Mlp> ReadMlp(std::string_view content) {
  HILLOCK_ASSIGN_OR_RETURN(const v1::Mlp file, Parse(content));
  Mlp mlp;
  mlp.producer = file.producer();
  for (int i = 0; i < file.layers_size(); ++i) {
    auto layer = ReadLayer(file.layers(i), static_cast<size_t>(i));
    if (!layer.ok()) {
      return Annotate(layer.status(),
                      fmt::format("layer {} '{}'", i, Excerpt(file.layers(i).name())));
    }
    mlp.layers.push_back(*std::move(layer));
  }
  if (mlp.layers.empty()) return absl::InvalidArgumentError("has 0 layers, want at least 1");
  HILLOCK_RETURN_IF_ERROR(ReadInput(file, mlp));
  const std::vector<v1::Output> outputs = OutputsOf(file);
  for (size_t i = 0; i < outputs.size(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(Output output, ReadOutput(outputs[i], i));
    mlp.outputs.push_back(std::move(output));
  }
  HILLOCK_RETURN_IF_ERROR(Validate(mlp));
  HILLOCK_RETURN_IF_ERROR(CheckWidths(file, outputs, mlp));
  return mlp;
}

}  // namespace hillock::model
