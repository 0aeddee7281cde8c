// SPDX-License-Identifier: Apache-2.0

// Models with several outputs from one trunk, in either format, as clients see them.

#include <gmock/gmock.h>

#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/core/model/writer.h"
#include "server/core/onnx/export.h"
#include "tests/integration/support/inference.h"
#include "tests/integration/support/server_process.h"
#include "tests/integration/support/subprocess.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/random.h"
#include "tests/support/reference.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace hillock::testing {
namespace {

using inference::ModelInferRequest;
using inference::ModelInferResponse;
using Service = inference::GRPCInferenceService::Stub;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr size_t kRows = 300;  // more than one block

// A game's policy and value, with the hidden layer that both are computed from, and which of four
// moves are threats.
model::Mlp Heads() {
  return MlpBuilder(6)
      .Add(16, "relu")
      .Output("embedding")
      .Add(3, "softmax")
      .Output("policy", {"left", "right", "stay"})
      .From(1)
      .Add(1, "tanh")
      .Output("value")
      .From(1)
      .Add(4, "sigmoid")
      .Output("threats")
      .Multilabel(0.375f)
      .Normalized()
      .Build();
}

class HeadsTest : public ::testing::TestWithParam<std::string> {
 protected:
  HeadsTest() {
    if (GetParam() == "mlp") {
      folder_.Write("heads/1/model.mlp", model::WriteMlp(mlp_));
    } else {
      folder_.Write("heads/1/model.onnx", *onnx::ExportOnnx(mlp_));
    }
    server_.emplace(folder_.path().string());
  }

  ModelInferRequest Request(const std::vector<std::string>& outputs, Form form) const {
    ModelInferRequest request = MakeRequest("heads", mlp_.input_width(), rows_, form);
    for (const std::string& name : outputs) request.add_outputs()->set_name(name);
    return request;
  }

  absl::StatusOr<ModelInferResponse> Ask(const ModelInferRequest& request) {
    return Call(*server_, &Service::ModelInfer, request);
  }

  // The numbers of output number `index`, from whichever contents it has.
  template <class T>
  static std::vector<T> Numbers(const ModelInferResponse& response, int index,
                                const google::protobuf::RepeatedField<T>& typed) {
    std::vector<T> values(typed.begin(), typed.end());
    if (response.raw_output_contents_size() > 0) {
      const std::string& raw = response.raw_output_contents(index);
      values.resize(raw.size() / sizeof(T));
      std::memcpy(values.data(), raw.data(), raw.size());
    }
    return values;
  }
  static std::vector<float> Floats(const ModelInferResponse& response, int index) {
    return Numbers(response, index, response.outputs(index).contents().fp32_contents());
  }
  static std::vector<int64_t> Integers(const ModelInferResponse& response, int index) {
    return Numbers(response, index, response.outputs(index).contents().int64_contents());
  }

  // Output number `index` of the response is output number `output` of the model.
  void ExpectValues(const ModelInferResponse& response, int index, size_t output) const {
    const auto& tensor = response.outputs(index);
    EXPECT_EQ(tensor.name(), mlp_.outputs[output].name);
    const size_t width = mlp_.width(mlp_.outputs[output]);
    ASSERT_THAT(tensor.shape(), ElementsAre(kRows, width));
    const std::vector<float> values = Floats(response, index);
    ASSERT_EQ(values.size(), kRows * width);
    for (size_t row = 0; row < kRows; ++row) {
      const auto x = std::span(rows_).subspan(row * mlp_.input_width(), mlp_.input_width());
      const auto want = Evaluate(mlp_, x, false, output);
      for (size_t i = 0; i < width; ++i) {
        ASSERT_NEAR(values[row * width + i], want[i].value, want[i].error + 1e-5)
            << tensor.name() << ", row " << row << ", column " << i;
      }
    }
  }

  const model::Mlp mlp_ = Heads();
  const std::vector<float> rows_ = Random(1).Floats(kRows * 6, -2, 2);
  TemporaryFolder folder_;
  std::optional<ServerProcess> server_;
};

TEST_P(HeadsTest, AnswerWithEveryOutput) {
  for (const Form form : {Form::kRaw, Form::kTyped}) {
    const auto response = Ask(Request({}, form));
    ASSERT_THAT(response, IsOk());
    ASSERT_EQ(response->outputs_size(), 6);
    EXPECT_EQ(response->raw_output_contents_size(), form == Form::kRaw ? 6 : 0);
    for (size_t output = 0; output < 4; ++output) {
      ExpectValues(*response, static_cast<int>(output), output);
    }
    EXPECT_EQ(response->outputs(4).name(), "policy_label");
    EXPECT_EQ(response->outputs(4).datatype(), "BYTES");
    EXPECT_THAT(response->outputs(4).shape(), ElementsAre(kRows));
    EXPECT_EQ(response->outputs(5).name(), "threats_label");
    EXPECT_EQ(response->outputs(5).datatype(), "INT64");
    EXPECT_THAT(response->outputs(5).shape(), ElementsAre(kRows, 4));
  }
}

TEST_P(HeadsTest, LabelEachColumnByItsThreshold) {
  for (const Form form : {Form::kRaw, Form::kTyped}) {
    const auto response = Ask(Request({"threats", "threats_label"}, form));
    ASSERT_THAT(response, IsOk());
    ASSERT_EQ(response->outputs_size(), 2);
    const std::vector<float> values = Floats(*response, 0);
    const std::vector<int64_t> labels = Integers(*response, 1);
    ASSERT_EQ(labels.size(), kRows * 4);
    ASSERT_EQ(values.size(), labels.size());
    for (size_t i = 0; i < labels.size(); ++i) {
      ASSERT_EQ(labels[i], values[i] >= 0.375f ? 1 : 0) << "value " << i << " is " << values[i];
    }
    EXPECT_THAT(labels, AllOf(Contains(0), Contains(1)));
    const auto alone = Ask(Request({"threats_label"}, form));
    ASSERT_THAT(alone, IsOk());
    EXPECT_EQ(alone->outputs_size(), 1);
    EXPECT_EQ(Integers(*alone, 0), labels);
  }
}

TEST_P(HeadsTest, AnswerWithWhatIsAskedFor) {
  const auto response = Ask(Request({"value", "policy_label", "embedding"}, Form::kRaw));
  ASSERT_THAT(response, IsOk());
  ASSERT_EQ(response->outputs_size(), 3);
  ASSERT_EQ(response->raw_output_contents_size(), 3);
  ExpectValues(*response, 0, 0);
  ExpectValues(*response, 1, 2);
  EXPECT_EQ(response->outputs(2).name(), "policy_label");
}

TEST_P(HeadsTest, TellWhatTheyAre) {
  inference::ModelMetadataRequest request;
  request.set_name("heads");
  const auto metadata = Call(*server_, &Service::ModelMetadata, request);
  ASSERT_THAT(metadata, IsOk());
  std::vector<std::string> names;
  for (const auto& output : metadata->outputs()) names.push_back(output.name());
  EXPECT_THAT(names, ElementsAre("embedding", "policy", "value", "threats", "policy_label",
                                 "threats_label"));
  EXPECT_THAT(metadata->outputs(0).shape(), ElementsAre(-1, 16));
  EXPECT_EQ(metadata->outputs(5).datatype(), "INT64");
  EXPECT_THAT(metadata->outputs(5).shape(), ElementsAre(-1, 4));
  inference::ModelConfigRequest config_request;
  config_request.set_name("heads");
  const auto config = Call(*server_, &Service::ModelConfig, config_request);
  ASSERT_THAT(config, IsOk());
  ASSERT_EQ(config->config().output_size(), 6);
  EXPECT_EQ(config->config().output(4).name(), "policy_label");
  EXPECT_EQ(config->config().output(5).name(), "threats_label");
  EXPECT_EQ(config->config().output(5).data_type(), inference::TYPE_INT64);
  EXPECT_THAT(config->config().output(5).dims(), ElementsAre(4));
  EXPECT_FALSE(config->config().output(5).has_reshape());
  EXPECT_EQ(config->config().parameters().at("policy.class.2").string_value(), "stay");
  EXPECT_FALSE(config->config().parameters().contains("class.0"));
}

TEST_P(HeadsTest, RefuseOutputsThatTheyHaveNot) {
  EXPECT_THAT(Ask(Request({"value", "label"}, Form::kRaw)),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "[request id: an id] model 'heads': got output 'label', want 'embedding', "
                       "'policy', 'value', "
                       "'threats', 'policy_label' or 'threats_label'"));
}

TEST_P(HeadsTest, ArePrintedOneAfterTheOther) {
  folder_.Write("rows.csv", "1,2,3,4,5,6\n");
  const End end = RunToEnd({HILLOCK_CLIENT_BINARY, "predict", "heads", "--server",
                            server_->address(), "--input", folder_.Path("rows.csv")},
                           "/dev/null");
  EXPECT_EQ(end.code, 0) << end.errors;
  EXPECT_THAT(end.output, AllOf(HasSubstr("output embedding\n"), HasSubstr("\noutput policy\n"),
                                HasSubstr("\noutput value\n"),
                                ContainsRegex("output threats\nrow  label +threats\\[0\\] ")));
}

TEST_P(HeadsTest, ArePrintedAsJson) {
  folder_.Write("rows.csv", "1,2,3,4,5,6\n");
  const End end = RunToEnd({HILLOCK_CLIENT_BINARY, "predict", "heads", "--server",
                            server_->address(), "--input", folder_.Path("rows.csv"), "--json"},
                           "/dev/null");
  ASSERT_EQ(end.code, 0) << end.errors;
  const auto json = nlohmann::json::parse(end.output, nullptr, false);
  ASSERT_EQ(json.at("outputs").size(), 4u);
  const auto& row = json["outputs"][3].at("rows").at(0);
  ASSERT_EQ(row.at("label").size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(row["label"][i], row.at("probabilities").at(i).get<float>() >= 0.375f ? 1 : 0) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Format, HeadsTest, ::testing::Values("mlp", "onnx"),
                         [](const auto& test) { return test.param; });

TEST(ConvertHeadsTest, ShowsConvertsAndComparesThem) {
  const TemporaryFolder folder;
  folder.Write("heads.mlp", model::WriteMlp(Heads()));
  const std::string mlp = folder.Path("heads.mlp");
  const std::string onnx = folder.Path("heads.onnx");
  const auto convert = [](std::vector<std::string> words) {
    words.insert(words.begin(), {HILLOCK_CLIENT_BINARY, "convert"});
    return RunToEnd(words, "/dev/null");
  };
  EXPECT_THAT(convert({mlp}).output, AllOf(HasSubstr("input 'input' [rows, 6], normalized\n"
                                                     "output 'embedding' [rows, 16] of 'layer0'\n"
                                                     "output 'policy' [rows, 3] of 'layer1'\n"
                                                     "3 classes: left right stay\n"
                                                     "output 'value' [rows, 1] of 'layer2'\n"
                                                     "output 'threats' [rows, 4] of 'layer3'\n"
                                                     "a label for each column, 1 from 0.375 on\n"),
                                           HasSubstr("layer2  layer0      16      1  tanh")));
  const auto json = nlohmann::json::parse(convert({mlp, "--json"}).output, nullptr, false);
  EXPECT_EQ(json.at("outputs").at(3).at("multilabel"), true);
  EXPECT_EQ(json.at("outputs").at(3).at("threshold"), 0.375);
  EXPECT_EQ(json.at("outputs").at(1).at("multilabel"), false);
  EXPECT_FALSE(json.at("outputs").at(1).contains("threshold"));
  EXPECT_EQ(convert({mlp, onnx}).code, 0);
  const End end = convert({onnx, "--check", mlp, "--tolerance", "0"});
  EXPECT_EQ(end.code, 0) << end.errors;
  EXPECT_THAT(end.output, HasSubstr("worst difference 0 over 256 rows"));
}

}  // namespace
}  // namespace hillock::testing
