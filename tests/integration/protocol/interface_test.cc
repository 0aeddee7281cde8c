// SPDX-License-Identifier: Apache-2.0

// A model with the inputs and outputs of its file, as clients see it.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/core/model/writer.h"
#include "tests/integration/support/inference.h"
#include "tests/integration/support/model_config.h"
#include "tests/integration/support/server_process.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace hillock::testing {
namespace {

using inference::ModelInferRequest;
using inference::ModelInferResponse;
using Service = inference::GRPCInferenceService::Stub;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Code = absl::StatusCode;
using model::Datatype;

constexpr int64_t kRows = 3000;  // more than one block

// Three outputs that a row's six columns show through, and a constant:
//   scores = 2 x position    count = code    colour = word
model::Mlp Tagger() {
  const auto first = model::ValueId::kInput;
  model::Mlp mlp = MlpBuilder(6)
                       .Add(2, "identity")
                       .Output("scores")
                       .From(first)
                       .Add(1, "identity")
                       .Output("count")
                       .From(first)
                       .Add(1, "identity")
                       .Output("colour")
                       .Build();
  mlp.inputs = {{.name = "position", .shape = {-1, 1, 2}, .width = 2},
                {.name = "code",
                 .datatype = Datatype::kInt64,
                 .shape = {-1},
                 .width = 1,
                 .low = {0},
                 .high = {4}},
                {.name = "word", .datatype = Datatype::kBytes, .shape = {-1, 1}, .width = 1},
                {.name = "state", .shape = {-1, 2}, .width = 2, .required = false}};
  mlp.words = {"red", "green"};
  mlp.layers[0].weights = {2, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0};
  mlp.layers[1].weights = {0, 0, 1, 0, 0, 0};
  mlp.layers[2].weights = {0, 0, 0, 1, 0, 0};
  for (model::Layer& layer : mlp.layers) layer.bias.assign(layer.outputs, 0);
  mlp.outputs[0].datatype = Datatype::kFp64;
  mlp.outputs[0].shape = {-1, 1, 2};
  mlp.outputs[1].datatype = Datatype::kInt64;
  mlp.outputs[1].shape = {-1};
  mlp.outputs[2].datatype = Datatype::kBytes;
  mlp.outputs[2].shape = {-1};
  mlp.outputs.push_back(
      {.name = "limits", .shape = {2}, .is_constant = true, .constant = {-1.5f, 1.5f}});
  mlp.left_out = {{"noise", "node 'n' (RandomNormalLike): draws random numbers"}};
  return mlp;
}

template <class T>
std::string Bytes(const std::vector<T>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T)};
}

std::string RawString(const std::string& text) {
  return Bytes<uint32_t>({static_cast<uint32_t>(text.size())}) + text;
}

const std::vector<std::string> kWords = {"red", "green", "blue"};
const std::vector<std::string> kColours = {"red", "green", ""};  // of them

class InterfaceTest : public ::testing::Test {
 protected:
  InterfaceTest() {
    folder_.Write("tagger/1/model.mlp", model::WriteMlp(Tagger()));
    server_.emplace(folder_.path().string());
  }

  // The position as doubles, and inputs in another order than the file's.
  static ModelInferRequest Request(int64_t rows) {
    ModelInferRequest request;
    request.set_model_name("tagger");
    const auto add = [&](const char* name, const char* datatype, std::vector<int64_t> shape) {
      auto& input = *request.add_inputs();
      input.set_name(name);
      input.set_datatype(datatype);
      input.mutable_shape()->Assign(shape.begin(), shape.end());
    };
    add("code", "INT64", {rows});
    add("position", "FP64", {rows, 1, 2});
    add("word", "BYTES", {rows, 1});
    std::vector<int64_t> codes;
    std::vector<double> positions;
    std::string words;
    for (int64_t row = 0; row < rows; ++row) {
      codes.push_back(row % 5);
      positions.insert(positions.end(), {static_cast<double>(row), -0.5});
      words += RawString(kWords[static_cast<size_t>(row % 3)]);
    }
    request.add_raw_input_contents(Bytes(codes));
    request.add_raw_input_contents(Bytes(positions));
    request.add_raw_input_contents(words);
    return request;
  }

  absl::StatusOr<ModelInferResponse> Ask(const ModelInferRequest& request) {
    return Call(*server_, &Service::ModelInfer, request);
  }

  TemporaryFolder folder_;
  std::optional<ServerProcess> server_;
};

TEST_F(InterfaceTest, AnswersInTheFilesNamesDatatypesAndShapes) {
  const auto response = Ask(Request(kRows));
  ASSERT_THAT(response, IsOk());
  std::vector<std::string> tensors;
  for (const auto& output : response->outputs()) {
    tensors.push_back(output.name() + " " + output.datatype());
    for (const int64_t size : output.shape()) tensors.back() += fmt::format(" {}", size);
  }
  EXPECT_THAT(tensors, ElementsAre("scores FP64 3000 1 2", "count INT64 3000", "colour BYTES 3000",
                                   "limits FP32 2"));
  std::vector<int64_t> counts;
  std::vector<double> scores;
  std::string colours;
  for (int64_t row = 0; row < kRows; ++row) {
    counts.push_back(row % 5);
    scores.insert(scores.end(), {2 * static_cast<double>(row), -1});
    colours += RawString(kColours[static_cast<size_t>(row % 3)]);
  }
  EXPECT_EQ(response->raw_output_contents(0), Bytes(scores));
  EXPECT_EQ(response->raw_output_contents(1), Bytes(counts));
  EXPECT_EQ(response->raw_output_contents(2), colours);
  EXPECT_EQ(response->raw_output_contents(3), Bytes<float>({-1.5f, 1.5f}));
}

TEST_F(InterfaceTest, AnswersTypedRequestsTyped) {
  ModelInferRequest request = Request(1);
  request.clear_raw_input_contents();
  request.mutable_inputs(0)->mutable_contents()->add_int64_contents(3);
  for (const double value : {1.0, 2.0}) {
    request.mutable_inputs(1)->mutable_contents()->add_fp64_contents(value);
  }
  request.mutable_inputs(2)->mutable_contents()->add_bytes_contents("green");
  const auto response = Ask(request);
  ASSERT_THAT(response, IsOk());
  ASSERT_EQ(response->outputs_size(), 4);
  EXPECT_THAT(response->outputs(0).contents().fp64_contents(), ElementsAre(2, 4));
  EXPECT_THAT(response->outputs(1).contents().int64_contents(), ElementsAre(3));
  EXPECT_THAT(response->outputs(2).contents().bytes_contents(), ElementsAre("green"));
  EXPECT_THAT(response->outputs(3).contents().fp32_contents(), ElementsAre(-1.5f, 1.5f));
}

TEST_F(InterfaceTest, AnswersWithWhatIsAskedFor) {
  ModelInferRequest request = Request(2);
  request.add_outputs()->set_name("limits");
  request.add_outputs()->set_name("count");
  const auto response = Ask(request);
  ASSERT_THAT(response, IsOk());
  EXPECT_THAT(response->raw_output_contents(),
              ElementsAre(Bytes<int64_t>({0, 1}), Bytes<float>({-1.5f, 1.5f})));
}

TEST_F(InterfaceTest, SaysWhatDoesNotFit) {
  const auto expect = [&](Code code, const std::string& message, const auto& change) {
    ModelInferRequest request = Request(2);
    change(request);
    EXPECT_THAT(Ask(request), StatusIs(code, message));
  };
  expect(Code::kUnimplemented,
         "model 'tagger': output 'noise' is left out: node 'n' (RandomNormalLike): draws random "
         "numbers",
         [](auto& r) { r.add_outputs()->set_name("noise"); });
  expect(Code::kInvalidArgument,
         "model 'tagger': got output 'label', want 'scores', 'count', 'colour' or 'limits'",
         [](auto& r) { r.add_outputs()->set_name("label"); });
  expect(Code::kInvalidArgument, "input 'code': row 1, column 0 is 5, want 0 to 4", [](auto& r) {
    r.set_raw_input_contents(0, Bytes<int64_t>({0, 5}));
  });
  expect(
      Code::kInvalidArgument,
      "input 'position': row 1, column 0 is 1e+39, want -3.4028235e+38 to 3.4028235e+38 for FP32",
      [](auto& r) {
        r.set_raw_input_contents(1, Bytes<double>({0, 1, 1e39, 3}));
      });
  expect(
      Code::kInvalidArgument,
      "input 'position': got shape [2, 1, 3], want [rows, 1, 2] or [rows, 2] with at least 1 row",
      [](auto& r) { r.mutable_inputs(1)->set_shape(2, 3); });
  expect(Code::kInvalidArgument, "input 'word': got datatype 'INT64', want BYTES",
         [](auto& r) { r.mutable_inputs(2)->set_datatype("INT64"); });
  expect(Code::kInvalidArgument,
         "model 'tagger': got input 'colour', want 'position', 'code', 'word' or 'state'",
         [](auto& r) { r.mutable_inputs(2)->set_name("colour"); });
}

TEST_F(InterfaceTest, DescribesItself) {
  inference::ModelMetadataRequest metadata;
  metadata.set_name("tagger");
  const auto tensors = Call(*server_, &Service::ModelMetadata, metadata);
  ASSERT_THAT(tensors, IsOk());
  ASSERT_EQ(tensors->inputs_size(), 4);
  EXPECT_EQ(tensors->inputs(2).datatype(), "BYTES");
  EXPECT_THAT(tensors->inputs(0).shape(), ElementsAre(-1, 1, 2));
  ASSERT_EQ(tensors->outputs_size(), 4);
  EXPECT_EQ(tensors->outputs(0).datatype(), "FP64");
  EXPECT_THAT(tensors->outputs(1).shape(), ElementsAre(-1));
  EXPECT_THAT(ParametersOf(*server_, "tagger").at("note.0"),
              HasSubstr("output 'noise' is left out: node 'n'"));
  const auto index = Call(*server_, &Service::RepositoryIndex, inference::RepositoryIndexRequest());
  ASSERT_THAT(index, IsOk());
  EXPECT_THAT(index->models(0).reason(), HasSubstr("output 'noise' is left out: node 'n'"));
}

}  // namespace
}  // namespace hillock::testing
