// SPDX-License-Identifier: Apache-2.0

// A model that cannot be served says why, everywhere it is asked for; the others still serve.

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>

#include <algorithm>

#include "server/core/model/checksum.h"
#include "tests/integration/support/examples.h"
#include "tests/integration/support/metrics_page.h"
#include "tests/integration/support/some_models.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Code = absl::StatusCode;
using Index = inference::RepositoryIndexResponse;

std::string Truncated() {
  std::string content = ModelContent("iris");
  content.resize(content.size() / 2);
  return content;
}

std::string WithAFlippedBit() {
  std::string content = ModelContent("iris");
  content[content.size() / 2] ^= 1;
  return content;
}

// Sound by its checksum, but of no format this server knows.
std::string OfAnotherFormat() {
  std::string content = "\x08\x63";  // field 1, the format version, is 99
  model::AppendTrailer(content);
  return content;
}

struct Damage {
  std::string model;
  std::string reason;  // a part of why it is not served
};

const std::vector<Damage> kDamages = {
    {"truncated", "truncated, or not a model.mlp"},
    {"flipped", "CRC-32"},
    {"empty-file", "empty-file/1/model.mlp: is empty"},
    {"future", "format version 99, want 1 to 3"},
    {"no-version", "no-version: has no version folder such as no-version/1"},
    {"no-file", "no-file/1: has no model, want model.onnx or model.mlp"},
    {"not a name", "'not a name' is no model name"},
};

class DamagedRepositoryTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    models_ = new SomeModels{"iris", "xor-ncu"};
    models_->Add("truncated", Truncated());
    models_->Add("flipped", WithAFlippedBit());
    models_->Add("empty-file", "");
    models_->Add("future", OfAnotherFormat());
    models_->folder().MakeFolder("no-version");
    models_->folder().MakeFolder("no-file/1");
    models_->Add("not a name", ModelContent("iris"));
    models_->folder().Write("README.md", "not a model");
    server_ = new ServerProcess(models_->path());
  }
  static void TearDownTestSuite() {
    delete server_;
    delete models_;
  }

  static Index ReadIndex(bool only_ready) {
    grpc::ClientContext context;
    inference::RepositoryIndexRequest request;
    request.set_ready(only_ready);
    Index index;
    EXPECT_THAT(ToAbsl(server_->inference().RepositoryIndex(&context, request, &index)), IsOk());
    return index;
  }

  static bool ModelReady(const std::string& model) {
    grpc::ClientContext context;
    inference::ModelReadyRequest request;
    request.set_name(model);
    inference::ModelReadyResponse response;
    EXPECT_THAT(ToAbsl(server_->inference().ModelReady(&context, request, &response)), IsOk());
    return response.ready();
  }

  static inline SomeModels* models_ = nullptr;
  static inline ServerProcess* server_ = nullptr;
};

TEST_F(DamagedRepositoryTest, TheSoundModelsServe) {
  EXPECT_EQ(server_->served(), 2);
  EXPECT_EQ(server_->unavailable(), static_cast<int>(kDamages.size()));
  for (const std::string model : {"iris", "xor-ncu"}) {
    EXPECT_TRUE(ModelReady(model)) << model;
    ExpectTrainersAnswers(*server_, FindExample(model));
  }
}

TEST_F(DamagedRepositoryTest, AnswersSayWhy) {
  for (const Damage& damage : kDamages) {
    EXPECT_FALSE(ModelReady(damage.model)) << damage.model;
    const auto request = MakeRequest(damage.model, 4, std::vector<float>(4));
    EXPECT_THAT(Infer(*server_, request),
                StatusIs(Code::kUnavailable,
                         AllOf(HasSubstr("'" + damage.model + "'"), HasSubstr("not ready"),
                               HasSubstr(damage.reason), Not(HasSubstr(models_->path())))));
  }
}

TEST_F(DamagedRepositoryTest, TheIndexSaysWhy) {
  const Index index = ReadIndex(false);
  EXPECT_EQ(index.models_size(), static_cast<int>(kDamages.size()) + 2);
  for (const Damage& damage : kDamages) {
    const auto entry = std::find_if(index.models().begin(), index.models().end(),
                                    [&](const auto& e) { return e.name() == damage.model; });
    ASSERT_NE(entry, index.models().end()) << damage.model;
    EXPECT_EQ(entry->state(), "UNAVAILABLE") << damage.model;
    EXPECT_THAT(entry->reason(), AllOf(HasSubstr(damage.reason), Not(HasSubstr(models_->path()))));
  }
}

TEST_F(DamagedRepositoryTest, TheIndexOfReadyModelsLeavesThemOut) {
  const Index index = ReadIndex(true);
  ASSERT_EQ(index.models_size(), 2);
  EXPECT_EQ(index.models(0).name(), "iris");
  EXPECT_EQ(index.models(0).version(), "1");
  EXPECT_EQ(index.models(0).state(), "READY");
  EXPECT_EQ(index.models(0).reason(), "");
  EXPECT_EQ(index.models(1).name(), "xor-ncu");
}

TEST_F(DamagedRepositoryTest, TheLogSaysWhy) {
  for (const Damage& damage : kDamages) {
    const auto line = server_->process().WaitForLine("'" + damage.model + "'");
    ASSERT_TRUE(line) << damage.model;
    EXPECT_THAT(*line, AllOf(HasSubstr(" error "), HasSubstr(" is not served: "),
                             HasSubstr(damage.reason)));
  }
}

TEST_F(DamagedRepositoryTest, TheMetricsSayIt) {
  const MetricsPage page(*server_);
  for (const Damage& damage : kDamages) {
    EXPECT_EQ(page.Sum("hillock_model_state", {{"model", damage.model}, {"state", "UNAVAILABLE"}}),
              1)
        << damage.model;
  }
  EXPECT_EQ(page.Sum("hillock_model_state", {{"model", "iris"}, {"state", "READY"}}), 1);
  EXPECT_EQ(page.Find("hillock_model_state").size(), kDamages.size() + 2);
}

TEST(RepositoryTest, TheHighestVersionServes) {
  const SomeModels models{"iris"};
  models.folder().Write("iris/2/model.mlp", ModelContent("xor-ncu"));
  models.folder().Write("iris/10/model.mlp", ModelContent("digits-relu"));
  ServerProcess server(models.path());
  const Example& digits = FindExample("digits-relu");
  EXPECT_THAT(Infer(server, MakeRequest("iris", digits.width, digits.Rows(0, 1))), IsOk());
  EXPECT_EQ(MetricsPage(server).Sum("hillock_model_state",
                                    {{"model", "iris"}, {"version", "10"}, {"state", "READY"}}),
            1);
}

TEST(RepositoryTest, OneModelsFolderOrFileWillDo) {
  const SomeModels models{"iris"};
  const std::vector<float> row(4, 1.0f);
  {
    ServerProcess server(models.path() + "/iris/");
    EXPECT_THAT(Infer(server, MakeRequest("iris", 4, row)), IsOk());
  }
  {
    ServerProcess server(models.path() + "/iris/1/model.mlp");
    EXPECT_THAT(Infer(server, MakeRequest("model", 4, row)), IsOk());
  }
}

}  // namespace
}  // namespace hillock::testing
