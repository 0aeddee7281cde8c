// SPDX-License-Identifier: Apache-2.0
#include "server/lifecycle/model_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/lifecycle/managed_repository.h"

namespace hillock::lifecycle {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

class ModelControlTest : public ::testing::Test {
 protected:
  ModelControlTest() {
    repository_.Put("cat/1", 1);
    repository_.Put("dog/1", 2);
  }
  ModelControl Control(ControlMode mode) {
    return {manager_, [] { return false; }, mode, absl::Milliseconds(1),
            [this](const absl::Status& status) {
              error_ = status;
              failed_.Notify();
            }};
  }

  ManagedRepository repository_;
  ModelManager manager_ = repository_.Manage();
  absl::Status error_;
  absl::Notification failed_;
};

TEST_F(ModelControlTest, LoadsEverythingUnlessCallersDecide) {
  for (const ControlMode mode : {ControlMode::kNone, ControlMode::kPoll}) {
    ModelControl control = Control(mode);
    EXPECT_THAT(control.LoadFirst({}), IsOk());
    control.Start();
    EXPECT_THAT(repository_.Entries(), ElementsAre("cat 1: 1 inputs", "dog 1: 2 inputs"));
  }
}

TEST_F(ModelControlTest, LoadsWhatIsNamedWhenCallersDecide) {
  ModelControl control = Control(ControlMode::kExplicit);
  EXPECT_THAT(control.LoadFirst({"dog"}), IsOk());
  control.Start();
  EXPECT_THAT(repository_.Entries(), ElementsAre("cat 0: it is not loaded", "dog 1: 2 inputs"));
}

TEST_F(ModelControlTest, TakesAStarForEveryModel) {
  ModelControl control = Control(ControlMode::kExplicit);
  EXPECT_THAT(control.LoadFirst({"*"}), IsOk());
  control.Start();
  EXPECT_THAT(repository_.Entries(), ElementsAre("cat 1: 1 inputs", "dog 1: 2 inputs"));
}

TEST_F(ModelControlTest, MissesAModelThatIsNamedAndNotThere) {
  ModelControl control = Control(ControlMode::kExplicit);
  EXPECT_THAT(control.LoadFirst({"eel"}),
              StatusIs(Code::kNotFound, "failed to load 'eel': it is not in the repository"));
}

TEST_F(ModelControlTest, StartsBesideAModelThatIsDamaged) {
  repository_.folder().Write("cat/1/model.mlp", "junk");
  ModelControl control = Control(ControlMode::kExplicit);
  EXPECT_THAT(control.LoadFirst({"cat", "dog"}), IsOk());
  control.Start();
  EXPECT_THAT(repository_.Entries(),
              ElementsAre(HasSubstr("cat 1: cat/1/model.mlp: 4 bytes"), "dog 1: 2 inputs"));
}

TEST_F(ModelControlTest, FollowsTheRepositoryWhenPolling) {
  ModelControl control = Control(ControlMode::kPoll);
  EXPECT_THAT(control.LoadFirst({}), IsOk());
  control.Start();
  repository_.Put("cat/2", 3);
  repository_.AwaitTold("loaded cat 2");
  std::filesystem::rename(repository_.folder().Path("dog"), repository_.folder().Path(".dog"));
  repository_.AwaitTold("unloaded dog 1");
  control.Stop();
  EXPECT_THAT(repository_.Entries(), ElementsAre("cat 2: 3 inputs"));
}

TEST_F(ModelControlTest, TellsWhenTheRepositoryCannotBeListed) {
  ModelControl control = Control(ControlMode::kPoll);
  EXPECT_THAT(control.LoadFirst({}), IsOk());
  control.Start();
  const std::string root = repository_.folder().path().string();
  std::filesystem::rename(root, root + "-aside");
  failed_.WaitForNotification();
  control.Stop();
  std::filesystem::rename(root + "-aside", root);
  EXPECT_THAT(error_, StatusIs(Code::kNotFound, "no such folder"));
  EXPECT_THAT(repository_.Entries(),
              ElementsAre("cat 1: 1 inputs | the repository: no such folder",
                          "dog 1: 2 inputs | the repository: no such folder"));
}

TEST_F(ModelControlTest, WaitsForModels) {
  const std::string root = repository_.folder().path().string();
  std::filesystem::rename(root, root + "-aside");
  ModelControl control = Control(ControlMode::kNone);
  control.AwaitModels(absl::Milliseconds(1));
  EXPECT_THAT(control.LoadFirst({}), StatusIs(Code::kNotFound, "no such folder"));
  absl::Notification loaded;
  control.Start([&] {
    control.AwaitModels(absl::InfiniteDuration());
    EXPECT_THAT(control.LoadFirst({}), IsOk());
    loaded.Notify();
  });
  std::filesystem::rename(root + "-aside", root);
  loaded.WaitForNotification();
  EXPECT_THAT(repository_.Entries(), ElementsAre("cat 1: 1 inputs", "dog 1: 2 inputs"));
}

TEST_F(ModelControlTest, StopsWaitingWhenItIsStopped) {
  std::filesystem::remove_all(repository_.folder().Path("cat"));
  std::filesystem::remove_all(repository_.folder().Path("dog"));
  ModelControl control = Control(ControlMode::kNone);
  control.Start([&] { control.AwaitModels(absl::InfiniteDuration()); });
  control.Stop();
}

TEST_F(ModelControlTest, DoesWhatCallersAskFor) {
  ModelControl control = Control(ControlMode::kExplicit);
  EXPECT_THAT(control.LoadFirst({}), IsOk());
  control.Start();
  EXPECT_THAT(control.Load("cat"), IsOk());
  EXPECT_THAT(repository_.Entries(), ElementsAre("cat 1: 1 inputs", "dog 0: it is not loaded"));
  EXPECT_THAT(control.Load("eel"), StatusIs(Code::kNotFound, HasSubstr("'eel'")));
  EXPECT_THAT(control.Unload("cat"), IsOk());
  repository_.Put("eel/1", 1);
  EXPECT_THAT(control.List(), IsOk());
  EXPECT_THAT(
      repository_.Entries(),
      ElementsAre("cat 0: it is not loaded", "dog 0: it is not loaded", "eel 0: it is not loaded"));
}

TEST_F(ModelControlTest, RefusesCallersWhoDoNotDecide) {
  struct Refusal {
    ControlMode mode;
    const char* message;
  };
  const Refusal table[] = {
      {ControlMode::kNone, "explicit model load / unload is not allowed: model control is off"},
      {ControlMode::kPoll, "explicit model load / unload is not allowed if polling is enabled"}};
  for (const Refusal& refusal : table) {
    ModelControl control = Control(refusal.mode);
    EXPECT_THAT(control.LoadFirst({}), IsOk());
    control.Start();
    EXPECT_THAT(control.Load("cat"), StatusIs(Code::kUnavailable, refusal.message));
    EXPECT_THAT(control.Unload("cat"), StatusIs(Code::kUnavailable, refusal.message));
    EXPECT_THAT(control.List(), IsOk());
    EXPECT_THAT(repository_.Entries(), ElementsAre("cat 1: 1 inputs", "dog 1: 2 inputs"));
  }
}

TEST_F(ModelControlTest, DoesNothingMoreOnceStopped) {
  ModelControl control = Control(ControlMode::kExplicit);
  EXPECT_THAT(control.LoadFirst({}), IsOk());
  control.Start();
  control.Stop();
  EXPECT_THAT(control.Load("cat"), StatusIs(Code::kUnavailable, "the server is shutting down"));
}

// Control that is at a load until it is let go.
class BusyModelControlTest : public ModelControlTest {
 protected:
  BusyModelControlTest() {
    EXPECT_THAT(control_.LoadFirst({}), IsOk());
    control_.Start();
    caller_ = std::thread([this] { loaded_ = control_.Load("cat"); });
    begun_.wait();
  }
  ~BusyModelControlTest() override {
    if (caller_.joinable()) caller_.join();
  }

  std::latch begun_{1}, let_go_{1};
  ModelManager busy_ = repository_.Manage({}, [this] {
    begun_.count_down();
    let_go_.wait();
  });
  ModelControl control_{busy_, [] { return false; }, ControlMode::kExplicit,
                        absl::InfiniteDuration(), [](const absl::Status&) {}};
  absl::Status loaded_;
  std::thread caller_;
};

TEST_F(BusyModelControlTest, StopRefusesWhoWaitsAndFinishesTheOrderInProgress) {
  std::vector<std::thread> waiting;
  std::atomic<int> refused{0};
  for (int i = 0; i < 10; ++i) {
    waiting.emplace_back([this, &refused] {
      EXPECT_THAT(control_.List(), StatusIs(Code::kUnavailable, "the server is shutting down"));
      ++refused;
    });
  }
  std::thread stopper([this] { control_.Stop(); });
  for (std::thread& thread : waiting) thread.join();
  EXPECT_EQ(refused, 10) << "while the load is still going on";
  let_go_.count_down();
  stopper.join();
  caller_.join();
  EXPECT_THAT(loaded_, IsOk());
  EXPECT_THAT(repository_.Entries(), ElementsAre("cat 1: 1 inputs", "dog 0: it is not loaded"));
}

}  // namespace
}  // namespace hillock::lifecycle
