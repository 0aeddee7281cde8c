// SPDX-License-Identifier: Apache-2.0

// ONNX files are served as they are, and converted.

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/support/examples.h"
#include "tests/integration/support/subprocess.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace hillock::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string OnnxOf(const std::string& model) { return HILLOCK_MODELS "/" + model + "/model.onnx"; }
std::string MlpOf(const std::string& model) { return HILLOCK_MODELS "/" + model + "/1/model.mlp"; }

// Every model of the repository, the curves included.
std::vector<std::string> ModelNames() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(HILLOCK_MODELS)) {
    const std::string name = entry.path().filename().string();
    if (std::filesystem::exists(OnnxOf(name))) names.push_back(name);
  }
  return names;
}

// A server of the ONNX file of every trained model.
class OnnxServer {
 public:
  OnnxServer() {
    for (const std::string& name : ExampleNames()) {
      const Example& example = FindExample(name);
      if (!example.is_first) continue;
      folder_.MakeFolder(example.model + "/1");
      std::filesystem::copy_file(OnnxOf(example.model),
                                 folder_.Path(example.model + "/1/model.onnx"));
    }
    server_.emplace(folder_.path().string());
  }
  ServerProcess& operator*() { return *server_; }

 private:
  TemporaryFolder folder_;
  std::optional<ServerProcess> server_;
};

TEST(OnnxTest, IsServedWithTheAnswersOfModelMlp) {
  OnnxServer server;
  EXPECT_EQ((*server).unavailable(), 0);
  for (const std::string& name : ExampleNames()) {
    SCOPED_TRACE(name);
    const Example& example = FindExample(name);
    auto request = MakeRequest(example.model, example.width, example.rows);
    request.add_outputs()->set_name(example.output);
    const auto onnx = Infer(*server, request);
    const auto mlp = Infer(ServerProcess::Shared(), request);
    ASSERT_THAT(onnx, IsOk());
    ASSERT_THAT(mlp, IsOk());
    ASSERT_EQ(onnx->values.size(), mlp->values.size());
    for (size_t i = 0; i < onnx->values.size(); ++i) {
      ASSERT_NEAR(onnx->values[i], mlp->values[i], 1e-5) << "value " << i;
    }
  }
}

End Convert(std::vector<std::string> words) {
  words.insert(words.begin(), {HILLOCK_CLIENT_BINARY, "convert"});
  return RunToEnd(words, "/dev/null");
}

TEST(ConvertTest, FindsNoDifferenceBetweenTheFilesOfAModel) {
  for (const std::string& model : ModelNames()) {
    const End end = Convert({OnnxOf(model), "--check", MlpOf(model), "--tolerance", "1e-5"});
    EXPECT_EQ(end.code, 0) << model << ": " << end.errors;
    EXPECT_THAT(end.output, HasSubstr("worst difference"));
  }
}

TEST(ConvertTest, ConvertsThereAndBack) {
  const TemporaryFolder folder;
  const std::string onnx = folder.Path("iris.onnx");
  const std::string mlp = folder.Path("iris.mlp");
  EXPECT_EQ(Convert({MlpOf("iris"), onnx}).code, 0);
  EXPECT_EQ(Convert({onnx, mlp}).code, 0);
  const End end = Convert({mlp, "--check", MlpOf("iris"), "--tolerance", "0", "--input",
                           HILLOCK_MODELS "/iris/held_out.csv"});
  EXPECT_EQ(end.code, 0) << end.errors;
  EXPECT_THAT(end.output, HasSubstr("worst difference 0 over 30 rows"));
}

TEST(ConvertTest, ShowsAModel) {
  const End end = Convert({OnnxOf("digits-leaky_relu")});
  EXPECT_EQ(end.code, 0) << end.errors;
  EXPECT_THAT(end.output,
              AllOf(HasSubstr("input 'input' [rows, 64], normalized -> output 'probabilities'"),
                    HasSubstr("leaky_relu(alpha 0.01)"),
                    HasSubstr("2,410 numbers, 4,736 FLOP/row, 9,640 bytes")));
}

TEST(ConvertTest, ShowsAModelAsJson) {
  const End end = Convert({MlpOf("iris"), "--json"});
  ASSERT_EQ(end.code, 0) << end.errors;
  const auto json = nlohmann::json::parse(end.output, nullptr, false);
  EXPECT_EQ(json.at("input").at("width"), 4);
  EXPECT_EQ(json.at("layers").at(0).at("activation"), "tanh");
  EXPECT_EQ(json.at("class_labels").size(), 3u);
  EXPECT_EQ(json.at("flop_per_row"), 2 * (4 * 16 + 16 * 3));
}

TEST(ConvertTest, FailsWhenTheAnswersDiffer) {
  const End end = Convert({MlpOf("digits-relu"), "--check", MlpOf("digits-tanh"), "--seed", "7"});
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.output, HasSubstr("worst difference"));
  EXPECT_THAT(end.errors,
              AllOf(HasSubstr("the models differ by"), HasSubstr("want at most 1e-05")));
}

TEST(ConvertTest, FailsForModelsOfOtherShapes) {
  const End end = Convert({MlpOf("digits-relu"), "--check", MlpOf("iris")});
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.errors, HasSubstr("64 -> 10 values a row, and 4 -> 3"));
}

TEST(ConvertTest, RefusesWrongUse) {
  EXPECT_EQ(Convert({}).code, 2);
  EXPECT_EQ(Convert({MlpOf("iris"), "out.pb"}).code, 2);
  EXPECT_EQ(Convert({MlpOf("iris"), "--tolerance", "1"}).code, 2);
  const End end = Convert({"nowhere.onnx"});
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.errors, HasSubstr("nowhere.onnx: no such file"));
}

}  // namespace
}  // namespace hillock::testing
