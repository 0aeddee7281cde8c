// SPDX-License-Identifier: Apache-2.0
#include "client/report/model_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/mlp_builder.h"
#include "tests/unit/core/model/graph_models.h"

namespace hillock::client {
namespace {

using ::hillock::testing::MlpBuilder;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(ModelText, IsOneLineForTwoPlainTensors) {
  const auto mlp = MlpBuilder(3).Add(2, "relu").Normalized().Build();
  EXPECT_THAT(ModelText(mlp),
              StartsWith("input 'input' [rows, 3], normalized -> output 'output' [rows, 2]\n"));
}

TEST(ModelText, ShowsNoOperationsInAChainOfDenseLayers) {
  const std::string text = ModelText(MlpBuilder(3).Add(2, "relu").Build());
  EXPECT_THAT(text, HasSubstr("layer   inputs  units  activation  numbers\n"));
  EXPECT_THAT(text, HasSubstr("layer0       3      2  relu              8\n"));
}

TEST(ModelText, ShowsEveryTensorWithDatatypeAndShape) {
  const std::string text = ModelText(model::EveryField());
  for (const char* line :
       {"input 'age' INT64 [rows]\n", "input 'town' BYTES [rows, 1]\n",
        "input 'picture' [rows, 1, 2, 2], takes NaN\n",
        "input 'state' FP64 [2], one for all rows\n", "input 'scalar' [], one for all rows\n",
        "input 'unused' BOOL [1, rows], may be left out\n",
        "output 'chances' [rows, 2, 2] of 'layer0'\n", "  columns: a b c d\n",
        "output 'best' INT64 [rows] of 'layer1'\n",
        "output 'towns' BYTES [2], always 'Ulm' 'Bern'\n", "output 'version' INT32 [], always 3\n",
        "left out: 'noise': node 'n' (RandomNormal): draws random numbers\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(ModelText, ShowsWhatLayersReadAndCompute) {
  const std::string text = ModelText(model::EveryField());
  EXPECT_THAT(text, HasSubstr("layer   reads   computes  inputs  units  activation"));
  EXPECT_THAT(text, HasSubstr("layer0  inputs  select        10      4  softmax(over each 2)"));
  EXPECT_THAT(text, HasSubstr("layer1  layer0  argmax         4      1  identity"));
}

TEST(ModelText, CountsTheNumbersOfOperations) {
  for (const model::NamedModel& model : model::EveryOperation()) {
    const size_t want = model.name == "embedding" ? 6 : model.name == "scale" ? 4 : 0;
    if (want > 0) {
      EXPECT_EQ(ModelJson(model.mlp)["numbers"], want) << model.name;
    }
  }
}

TEST(ModelText, CutsLongLists) {
  auto mlp = model::EveryField();
  mlp.outputs[2].constant.assign(100, 1);
  mlp.outputs[2].shape = {100};
  EXPECT_THAT(ModelText(mlp), HasSubstr("always 'Ulm' 'Ulm' 'Ulm' 'Ulm' 'Ulm' 'Ulm' 'Ulm' 'Ulm' "
                                        "...\n"));
}

TEST(ModelText, PrintsNamesThatATerminalCanTake) {
  auto mlp = model::EveryField();
  mlp.inputs[0].name = mlp.outputs[0].name = mlp.left_out[0].reason = "\x1b[2J";
  mlp.outputs[0].column_names[0] = mlp.layers[0].name = "\x1b[2J";
  EXPECT_THAT(ModelText(mlp), Not(HasSubstr("\x1b")));
}

TEST(ModelJson, HasOneInputAndOneOutputAtTheTop) {
  const auto json = ModelJson(MlpBuilder(3).Add(2, "relu").Build());
  EXPECT_EQ(json["input"]["name"], "input");
  EXPECT_EQ(json["input"]["datatype"], "FP32");
  EXPECT_EQ(json["output"]["width"], 2);
  EXPECT_FALSE(json.contains("inputs") || json.contains("outputs") || json.contains("left_out"));
  EXPECT_FALSE(json["layers"][0].contains("computes"));
}

TEST(ModelJson, HasEveryFieldOfAGraph) {
  const auto json = ModelJson(model::EveryField());
  ASSERT_EQ(json["inputs"].size(), 6u);
  EXPECT_EQ(json["inputs"][0]["shape"], nlohmann::json::array({-1}));
  EXPECT_TRUE(json["inputs"][2]["takes_non_finite"]);
  EXPECT_TRUE(json["inputs"][3]["shared"]);
  EXPECT_TRUE(json["inputs"][5]["optional"]);
  EXPECT_EQ(json["outputs"][0]["column_names"].size(), 4u);
  EXPECT_EQ(json["outputs"][3]["constant"], nlohmann::json::array({3.0}));
  EXPECT_EQ(json["layers"][0]["computes"], "select");
  EXPECT_EQ(json["layers"][0]["group"], 2);
  EXPECT_EQ(json["layers"][1]["reads"], nlohmann::json::array({"layer0"}));
  EXPECT_EQ(json["left_out"][0]["name"], "noise");
}

}  // namespace
}  // namespace hillock::client
