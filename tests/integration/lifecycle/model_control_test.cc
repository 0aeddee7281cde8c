// SPDX-License-Identifier: Apache-2.0

// Models come, change and go while the server serves: by calls, and by the files alone.

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "tests/integration/support/examples.h"
#include "tests/integration/support/metrics_page.h"
#include "tests/integration/support/some_models.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Code = absl::StatusCode;
using Stub = inference::GRPCInferenceService::Stub;

class ModelControlTest : public ::testing::Test {
 protected:
  // A server of a repository with the models `iris` and `xor-ncu`.
  ServerProcess Serve(std::vector<std::string> flags) const {
    return ServerProcess(models_.path(), flags);
  }
  static absl::Status Load(ServerProcess& server, const std::string& model) {
    inference::RepositoryModelLoadRequest request;
    request.set_model_name(model);
    return Call(server, &Stub::RepositoryModelLoad, request).status();
  }
  static absl::Status Unload(ServerProcess& server, const std::string& model) {
    inference::RepositoryModelUnloadRequest request;
    request.set_model_name(model);
    return Call(server, &Stub::RepositoryModelUnload, request).status();
  }
  static absl::StatusOr<Answer> Ask(ServerProcess& server, const std::string& model) {
    return Infer(server,
                 MakeRequest(model, kConstantInputs, std::vector<float>(kConstantInputs, 1.0f)));
  }
  static std::vector<std::string> Index(ServerProcess& server) {
    std::vector<std::string> lines;
    const auto index = Call(server, &Stub::RepositoryIndex, inference::RepositoryIndexRequest());
    for (const auto& m : index->models()) {
      lines.push_back(m.name() + " " + m.version() + " " + m.state() + " " + m.reason());
    }
    return lines;
  }

  // Whether, sooner or later, the model answers with that number.
  static bool ComesToAnswer(ServerProcess& server, const std::string& model, float number) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (std::chrono::steady_clock::now() < until) {
      const auto answer = Ask(server, model);
      if (answer.ok() && answer->values == std::vector<float>(kConstantOutputs, number))
        return true;
    }
    return false;
  }

  const SomeModels models_{"iris", "xor-ncu"};
};

using ExplicitControlTest = ModelControlTest;
using PollTest = ModelControlTest;

TEST_F(ExplicitControlTest, LoadsNothingUntilToldTo) {
  ServerProcess server = Serve({"--model-control", "explicit"});
  EXPECT_EQ(server.served(), 0);
  EXPECT_THAT(Index(server), ElementsAre("iris  UNAVAILABLE it is not loaded",
                                         "xor-ncu  UNAVAILABLE it is not loaded"));
  EXPECT_THAT(
      Ask(server, "iris"),
      StatusIs(Code::kUnavailable,
               "[request id: an id] Request for model 'iris': it is not ready: it is not loaded"));
  ASSERT_THAT(Load(server, "iris"), IsOk());
  ExpectTrainersAnswers(server, FindExample("iris"));
  EXPECT_THAT(Index(server), ElementsAre("iris 1 READY ", "xor-ncu  UNAVAILABLE it is not loaded"));
  ASSERT_THAT(Unload(server, "iris"), IsOk());
  EXPECT_THAT(Ask(server, "iris"), StatusIs(Code::kUnavailable, HasSubstr("it is not loaded")));
}

TEST_F(ExplicitControlTest, LoadsAtStartWhatTheCommandLineNames) {
  ServerProcess server = Serve({"--model-control", "explicit", "--load-model", "xor-ncu"});
  EXPECT_EQ(server.served(), 1);
  EXPECT_THAT(Index(server), ElementsAre("iris  UNAVAILABLE it is not loaded", "xor-ncu 1 READY "));
}

TEST_F(ExplicitControlTest, DoesNotStartWithoutAModelThatIsNamed) {
  const End end = RunToEnd(
      ServerCommand(models_.path(), {"--model-control", "explicit", "--load-model", "cat"}));
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.output, HasSubstr("failed to load 'cat': it is not in the repository"));
}

TEST_F(ExplicitControlTest, ServesWhatLiesThereWhenLoadedAgain) {
  models_.Add("changing", ConstantModel(1));
  ServerProcess server = Serve({"--model-control", "explicit", "--load-model", "*"});
  EXPECT_THAT(Ask(server, "changing")->values, Each(1.0f));
  models_.Add("changing", ConstantModel(2));
  EXPECT_THAT(Ask(server, "changing")->values, Each(1.0f)) << "nobody has asked for it";
  ASSERT_THAT(Load(server, "changing"), IsOk());
  EXPECT_THAT(Ask(server, "changing")->values, Each(2.0f));
}

TEST_F(ExplicitControlTest, KeepsWhatServesWhenALoadFails) {
  models_.Add("changing", ConstantModel(1));
  ServerProcess server = Serve({"--model-control", "explicit", "--load-model", "changing"});
  models_.Add("changing", "junk");
  EXPECT_THAT(Load(server, "changing"),
              StatusIs(Code::kDataLoss, AllOf(HasSubstr("failed to load 'changing': "
                                                        "changing/1/model.mlp: 4 bytes"),
                                              Not(HasSubstr(models_.path())))));
  EXPECT_THAT(Ask(server, "changing")->values, Each(1.0f));
  EXPECT_THAT(Index(server).front(),
              HasSubstr("changing 1 READY serves what was there before: changing/1/model.mlp"));
}

TEST_F(ExplicitControlTest, RefusesWhatItCannotDo) {
  ServerProcess server = Serve({"--model-control", "explicit"});
  for (const char* name : {"", "cat", "../iris", "iris/1", "/etc", "iris/1/model.mlp"}) {
    EXPECT_THAT(Load(server, name),
                StatusIs(Code::kNotFound, std::string("failed to load '") + name +
                                              "': it is not in the repository"));
    EXPECT_THAT(Unload(server, name), StatusIs(Code::kNotFound, HasSubstr("failed to unload")));
  }
  inference::RepositoryModelLoadRequest request;
  request.set_model_name("iris");
  (*request.mutable_parameters())["config"].set_string_param("{}");
  EXPECT_THAT(Call(server, &Stub::RepositoryModelLoad, request),
              StatusIs(Code::kUnimplemented, HasSubstr("load parameter 'config'")));
  request.mutable_parameters()->clear();
  request.set_repository_name("other");
  EXPECT_THAT(Call(server, &Stub::RepositoryModelLoad, request),
              StatusIs(Code::kNotFound, "got repository 'other', want the empty name"));
}

TEST_F(ModelControlTest, CallersDecideOnlyWhenAllowedTo) {
  ServerProcess server = Serve({});
  EXPECT_THAT(Unload(server, "iris"),
              StatusIs(Code::kUnavailable, HasSubstr("model control is off")));
  ServerProcess polling = Serve({"--model-control", "poll"});
  EXPECT_THAT(Load(polling, "iris"),
              StatusIs(Code::kUnavailable, HasSubstr("not allowed if polling is enabled")));
  ExpectTrainersAnswers(polling, FindExample("iris"));
}

TEST_F(PollTest, FollowsTheFiles) {
  ServerProcess server = Serve({"--model-control", "poll", "--poll-seconds", "0.05"});
  models_.folder().Write("new/7/model.mlp", ConstantModel(7));
  EXPECT_TRUE(ComesToAnswer(server, "new", 7));

  models_.folder().Write("new/8/model.mlp", "junk");
  ASSERT_TRUE(server.process().WaitForLine("'new' version 8 is not served: DATA_LOSS: new/8/"));
  EXPECT_THAT(Ask(server, "new")->values, Each(7.0f));

  models_.folder().Write("new/8/model.mlp", ConstantModel(8));
  EXPECT_TRUE(ComesToAnswer(server, "new", 8));

  std::filesystem::rename(models_.folder().Path("new"), models_.folder().Path(".new"));
  ASSERT_TRUE(server.process().WaitForLine("'new' version 8: unloaded"));
}

TEST_F(PollTest, MayBeginWithAnEmptyRepository) {
  const TemporaryFolder empty;
  ServerProcess server(empty.path().string(),
                       {"--model-control", "poll", "--poll-seconds", "0.05"});
  EXPECT_THAT(Index(server), IsEmpty());
  empty.Write("new/1/model.mlp", ConstantModel(1));
  EXPECT_TRUE(ComesToAnswer(server, "new", 1));
}

// Asks a model again and again, and looks whether every answer is one version's own.
class Asker {
 public:
  explicit Asker(ServerProcess& server) : thread_([this, &server] { Loop(server); }) {}

  // Failures met with; the first is shown.
  std::vector<std::string> Stop() {
    stop_ = true;
    thread_.join();
    return failures_;
  }
  int answers() const { return answers_; }

 private:
  void Loop(ServerProcess& server) {
    const auto request =
        MakeRequest("changing", kConstantInputs, std::vector<float>(3 * kConstantInputs, 1.0f));
    while (!stop_) {
      grpc::ClientContext context;
      inference::ModelInferResponse response;
      const auto status = ToAbsl(server.inference().ModelInfer(&context, request, &response));
      const auto answer = status.ok() ? ReadAnswer(request, response) : status;
      if (!answer.ok()) {
        failures_.push_back(answer.status().ToString());
      } else if (!std::ranges::all_of(answer->values, [&](float value) {
                   return value == std::stof(response.model_version());
                 })) {
        failures_.push_back("version " + response.model_version() + " answered " +
                            std::to_string(answer->values.front()));
      }
      ++answers_;
    }
  }

  std::atomic<bool> stop_{false};
  std::atomic<int> answers_{0};
  std::vector<std::string> failures_;
  std::thread thread_;
};

TEST_F(ExplicitControlTest, SwapsVersionsUnderLoadWithoutAFailure) {
  constexpr int kSwaps = 100;
  models_.folder().Write("changing/1/model.mlp", ConstantModel(1));
  ServerProcess server = Serve({"--model-control", "explicit", "--load-model", "changing"});
  Asker one(server);
  Asker two(server);
  for (int version = 2; version <= kSwaps; ++version) {
    const std::string folder = "changing/" + std::to_string(version);
    models_.folder().Write(folder + "/model.mlp", ConstantModel(version));
    ASSERT_THAT(Load(server, "changing"), IsOk());
    // Whoever asks after the load has returned is answered by what was loaded.
    EXPECT_THAT(Ask(server, "changing")->values, Each(static_cast<float>(version)));
  }
  EXPECT_THAT(one.Stop(), IsEmpty());
  EXPECT_THAT(two.Stop(), IsEmpty());
  EXPECT_GT(one.answers() + two.answers(), kSwaps);
  const MetricsPage page(server);
  const double rows = 3.0 * (one.answers() + two.answers()) + kSwaps - 1;
  EXPECT_EQ(page.Sum("hillock_rows_total", {{"model", "changing"}}), rows)
      << "no row of any version is forgotten";
}

}  // namespace
}  // namespace hillock::testing
