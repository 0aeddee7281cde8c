// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/foreign_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "server/core/model/writer.h"
#include "server/core/onnx/export.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"

namespace hillock::repository {
namespace {

using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Optional;
using Code = absl::StatusCode;
using namespace std::string_literals;

struct Foreign {
  std::string test;
  std::string text;  // a name, or content
  Code code;
  std::string message;
};

std::ostream& operator<<(std::ostream& out, const Foreign& foreign) { return out << foreign.test; }

constexpr char kTorch[] = "is a PyTorch file, want an ONNX file: in PyTorch: torch.onnx.export(";

class ForeignName : public ::testing::TestWithParam<Foreign> {};

TEST_P(ForeignName, SaysWhatItIsAndHowToExportIt) {
  EXPECT_THAT(ForeignByName(GetParam().text),
              Optional(StatusIs(GetParam().code, HasSubstr(GetParam().message))));
}

INSTANTIATE_TEST_SUITE_P(
    Of, ForeignName,
    ::testing::Values(
        Foreign{"pt", "model.pt", Code::kUnimplemented, kTorch},
        Foreign{"pth", "best.pth", Code::kUnimplemented, kTorch},
        Foreign{"pt2", "m.pt2", Code::kUnimplemented, kTorch},
        Foreign{"capitals", "BEST.PTH", Code::kUnimplemented, kTorch},
        Foreign{"keras", "m.keras", Code::kUnimplemented,
                "is a Keras file, want an ONNX file: in Keras 3: model.export("},
        Foreign{"h5", "m.h5", Code::kUnimplemented, "is an HDF5 file, as Keras writes"},
        Foreign{"safetensors", "m.safetensors", Code::kUnimplemented, "is a file of weights"},
        Foreign{"pmml", "m.pmml", Code::kUnimplemented, "is a PMML file"},
        Foreign{"joblib", "m.joblib", Code::kUnimplemented, "skl2onnx.to_onnx(model"},
        Foreign{"pkl", "m.pkl", Code::kUnimplemented, "is a Python pickle"},
        Foreign{"plan", "model.plan", Code::kUnimplemented, "is a TensorRT engine"},
        Foreign{"tflite", "m.tflite", Code::kUnimplemented, "--tflite FILE"},
        Foreign{"savedmodel", "model.savedmodel", Code::kUnimplemented, "--saved-model FOLDER"},
        Foreign{"pb", "saved_model.pb", Code::kUnimplemented, "is a TensorFlow SavedModel"}),
    ::testing::PrintToStringParamName());

TEST(ForeignByName, LeavesOtherNamesAlone) {
  for (const char* name : {"model.onnx", "model.mlp", "model.onnx.data", "README.md", "labels.txt",
                           "weights.bin", "", "pt", "x.json"}) {
    EXPECT_EQ(ForeignByName(name), std::nullopt) << name;
  }
}

class ForeignContent : public ::testing::TestWithParam<Foreign> {};

TEST_P(ForeignContent, SaysWhatItIs) {
  EXPECT_THAT(ForeignByContent(GetParam().text),
              Optional(StatusIs(GetParam().code, HasSubstr(GetParam().message))));
}

INSTANTIATE_TEST_SUITE_P(
    Of, ForeignContent,
    ::testing::Values(
        Foreign{"nothing", "", Code::kDataLoss, "is empty"},
        Foreign{"torch_zip", "PK\x03\x04"s + "archive/data.pkl"s, Code::kUnimplemented, kTorch},
        Foreign{"torch_zip_with_the_directory_at_the_end",
                "PK\x03\x04"s + std::string(200'000, 'x') + "archive/data.pkl",
                Code::kUnimplemented, kTorch},
        Foreign{"keras_zip", "PK\x03\x04"s + "model.weights.h5", Code::kUnimplemented,
                "is a Keras file"},
        Foreign{"zip", "PK\x03\x04"s + "model.onnx", Code::kUnimplemented,
                "is a zip archive, want an ONNX file: unpack it"},
        Foreign{"gzip", "\x1f\x8b\x08"s, Code::kUnimplemented, "is a gzip archive"},
        Foreign{"pickle", "\x80\x04\x95"s, Code::kUnimplemented, "is a Python pickle"},
        Foreign{"hdf5", "\x89HDF\r\n\x1a\n"s, Code::kUnimplemented, "is an HDF5 file"},
        Foreign{"safetensors", "\x0a\0\0\0\0\0\0\0{\"a\":1234}"s, Code::kUnimplemented,
                "is a file of weights without the model"},
        Foreign{"tflite", "\x1c\0\0\0TFL3\0\0"s, Code::kUnimplemented, "is a TensorFlow Lite file"},
        Foreign{"numpy", "\x93NUMPY\x01"s, Code::kUnimplemented, "is a NumPy file"},
        Foreign{"pmml", "<?xml version=\"1.0\"?>\n<PMML version=\"4.4\">", Code::kUnimplemented,
                "is a PMML file"},
        Foreign{"pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:ab\n",
                Code::kDataLoss, "is a Git-LFS pointer in place of the file"},
        Foreign{"page", "\n\n<!doctype HTML>\n<html>", Code::kDataLoss, "is a web page"},
        Foreign{"page_without_a_type", "<html lang=\"en\">", Code::kDataLoss, "is a web page"}),
    ::testing::PrintToStringParamName());

TEST(ForeignByContent, KnowsNothingOfModels) {
  const auto mlp = MlpBuilder(2).Add(1, "relu").Build();
  EXPECT_EQ(ForeignByContent(model::WriteMlp(mlp)), std::nullopt);
  EXPECT_EQ(ForeignByContent(*onnx::ExportOnnx(mlp)), std::nullopt);
}

TEST(ForeignByContent, TakesBytesOfAnyLength) {
  for (size_t length = 1; length < 20; ++length) {
    for (const char byte : {'\0', ' ', 'P', '\x80', '\xff'}) {
      EXPECT_EQ(ForeignByContent(std::string(length, byte)), std::nullopt) << length;
    }
  }
}

}  // namespace
}  // namespace hillock::repository
