// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/foreign_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace hillock::repository {
namespace {

// One line each, for the tool that made the file.
constexpr std::string_view kTorch =
    R"(in PyTorch: torch.onnx.export(model.eval(), torch.zeros(1, INPUTS), "model.onnx", )"
    R"(input_names=["x"], dynamic_axes={"x": {0: "rows"}}))";
constexpr std::string_view kKeras = R"(in Keras 3: model.export("model.onnx", format="onnx"))";
constexpr std::string_view kSklearn =
    R"(in scikit-learn: open("model.onnx", "wb").write(skl2onnx.to_onnx(model, )"
    R"(X[:1].astype("float32")).SerializeToString()))";
constexpr std::string_view kSavedModel =
    "python -m tf2onnx.convert --saved-model FOLDER --output model.onnx";
constexpr std::string_view kTflite = "python -m tf2onnx.convert --tflite FILE --output model.onnx";
constexpr std::string_view kPlan = "the ONNX file that the engine was built from is the model";

struct Kind {
  std::string_view what;
  std::string_view line;
};

constexpr Kind kTorchFile{"a PyTorch file", kTorch};
constexpr Kind kWeights{"a file of weights without the model they belong to", kTorch};
constexpr Kind kKerasFile{"a Keras file", kKeras};
constexpr Kind kHdf5{"an HDF5 file, as Keras writes", kKeras};
constexpr Kind kPmml{"a PMML file", kSklearn};
constexpr Kind kPickle{"a Python pickle, as scikit-learn's models are saved", kSklearn};
constexpr Kind kEngine{"a TensorRT engine, built for one kind of GPU", kPlan};
constexpr Kind kTfliteFile{"a TensorFlow Lite file", kTflite};
constexpr Kind kTensorFlow{"a TensorFlow SavedModel", kSavedModel};
constexpr Kind kZip{"a zip archive", "unpack it"};
constexpr Kind kGzip{"a gzip archive", "unpack it"};
constexpr Kind kNumpy{"a NumPy file", "numbers alone are no model"};

struct Suffix {
  std::string_view suffix;
  const Kind& kind;
};

constexpr Suffix kSuffixes[] = {
    {".pt", kTorchFile},
    {".pth", kTorchFile},
    {".pt2", kTorchFile},
    {".ckpt", kTorchFile},
    {".keras", kKerasFile},
    {".h5", kHdf5},
    {".hdf5", kHdf5},
    {".safetensors", kWeights},
    {".pmml", kPmml},
    {".joblib", kPickle},
    {".pkl", kPickle},
    {".pickle", kPickle},
    {".plan", kEngine},
    {".engine", kEngine},
    {".tflite", kTfliteFile},
    {".savedmodel", kTensorFlow},
    {"saved_model.pb", kTensorFlow},
};

struct Magic {
  std::string_view bytes;
  const Kind& kind;
};

using namespace std::string_view_literals;

constexpr Magic kMagics[] = {
    {"\x89HDF\r\n\x1a\n"sv, kHdf5},
    {"\x93NUMPY"sv, kNumpy},
    {"\x1f\x8b"sv, kGzip},
    {"ftrt"sv, kEngine},
};

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

absl::Status Wanted(const Kind& kind) {
  return absl::UnimplementedError(
      fmt::format("is {}, want an ONNX file: {}", kind.what, kind.line));
}

// The first bytes of a text file, without white space before it.
std::string TextStart(std::string_view content) {
  constexpr size_t kShown = 512;
  const size_t begin = std::min(content.find_first_not_of(" \t\r\n\xef\xbb\xbf"), content.size());
  return Lower(content.substr(begin, kShown));
}

// An archive's entries have their names near its begin or, in its directory, near its end.
Kind KindOfZip(std::string_view content) {
  constexpr size_t kSearched = size_t{1} << 16;
  const std::string_view begin = content.substr(0, kSearched);
  const std::string_view end = content.substr(content.size() - std::min(content.size(), kSearched));
  const auto has = [&](std::string_view name) {
    return begin.find(name) != begin.npos || end.find(name) != end.npos;
  };
  if (has("data.pkl") || has("archive/code/") || has("models/model.json")) return kTorchFile;
  return has("model.weights.h5") ? kKerasFile : kZip;
}

// Eight bytes of length, then that much JSON.
bool IsSafetensors(std::string_view content) {
  uint64_t length = 0;
  if (content.size() < sizeof(length) + 2) return false;
  std::memcpy(&length, content.data(), sizeof(length));
  return length >= 2 && length <= content.size() - sizeof(length) &&
         content.substr(sizeof(length), 2) == "{\"";
}

// Protocol 2 or later.
bool IsPickle(std::string_view content) {
  return content.size() > 2 && content[0] == '\x80' && content[1] >= 2 && content[1] <= 5;
}

std::optional<absl::Status> StandIn(std::string_view content) {
  if (content.empty()) return absl::DataLossError("is empty");
  const std::string text = TextStart(content);
  if (text.starts_with("version https://git-lfs")) {
    return absl::DataLossError(
        "is a Git-LFS pointer in place of the file, want the file itself: git lfs pull");
  }
  if (text.starts_with("<!doctype html") || text.starts_with("<html")) {
    return absl::DataLossError(
        "is a web page in place of the file, want the file itself: download its raw form");
  }
  return std::nullopt;
}

}  // namespace

std::optional<absl::Status> ForeignByName(std::string_view name) {
  const std::string lower = Lower(name);
  for (const Suffix& row : kSuffixes) {
    if (lower.ends_with(row.suffix)) return Wanted(row.kind);
  }
  return std::nullopt;
}

std::optional<absl::Status> ForeignByContent(std::string_view content) {
  if (auto stand_in = StandIn(content)) return stand_in;
  for (const Magic& row : kMagics) {
    if (content.starts_with(row.bytes)) return Wanted(row.kind);
  }
  if (content.starts_with("PK\x03\x04")) return Wanted(KindOfZip(content));
  if (content.size() > 8 && content.substr(4, 4) == "TFL3") return Wanted(kTfliteFile);
  if (IsPickle(content)) return Wanted(kPickle);
  if (IsSafetensors(content)) return Wanted(kWeights);
  if (TextStart(content).find("<pmml") != std::string::npos) return Wanted(kPmml);
  return std::nullopt;
}

}  // namespace hillock::repository
