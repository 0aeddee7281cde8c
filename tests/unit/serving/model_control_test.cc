#include "server/serving/model_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/synchronization/notification.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/serving/managed_repository.h"

namespace hillock::serving {
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
    return {manager_, commons_, mode, absl::Milliseconds(1), [this](const absl::Status& status) {
              error_ = status;
              failed_.Notify();
            }};
  }

  ManagedRepository repository_;
  const Commons commons_;
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
  EXPECT_THAT(repository_.Entries(), ElementsAre("cat 1: 1 inputs", "dog 1: 2 inputs"));
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

}  // namespace
}  // namespace hillock::serving
