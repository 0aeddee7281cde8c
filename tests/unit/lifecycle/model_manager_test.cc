// SPDX-License-Identifier: Apache-2.0
#include "server/lifecycle/model_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <stop_token>

#include "tests/support/status_matchers.h"
#include "tests/unit/lifecycle/managed_repository.h"

namespace hillock::lifecycle {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Code = absl::StatusCode;

class ModelManagerTest : public ::testing::Test {
 protected:
  void Put(const std::string& version, size_t inputs) const { repository_.Put(version, inputs); }
  void Damage(const std::string& version) const {
    repository_.folder().Write(version + "/model.mlp", "junk");
  }
  void Remove(const std::string& entry) const {
    std::filesystem::remove_all(repository_.folder().Path(entry));
  }
  void SetOptions(const std::string& model, const std::string& text) const {
    repository_.folder().Write(model + "/options.txtpb", text);
  }
  // What two looks in a row make of the files as they are.
  void Follow() {
    EXPECT_THAT(manager_.Follow(), IsOk());
    EXPECT_THAT(manager_.Follow(), IsOk());
  }
  auto Entries() const { return repository_.Entries(); }

  ManagedRepository repository_;
  ModelManager manager_ = repository_.Manage();
};

TEST_F(ModelManagerTest, LoadsTheHighestVersionOfEveryModel) {
  Put("dog/1", 2);
  Put("cat/1", 3);
  Put("cat/10", 4);
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  EXPECT_THAT(Entries(), ElementsAre("cat 10: 4 inputs", "dog 1: 2 inputs"));
  EXPECT_THAT(repository_.Told(), ElementsAre("loaded cat 10", "loaded dog 1"));
}

TEST_F(ModelManagerTest, KeepsToTheVersionPolicy) {
  for (const char* version : {"cat/1", "cat/2", "cat/3"}) Put(version, 2);
  SetOptions("cat", "versions { latest: 2 }");
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  EXPECT_THAT(Entries(), ElementsAre("cat 2: 2 inputs", "cat 3: 2 inputs"));
  SetOptions("cat", "versions { all: true }");
  Follow();
  EXPECT_THAT(Entries(), ElementsAre("cat 1: 2 inputs", "cat 2: 2 inputs", "cat 3: 2 inputs"));
  SetOptions("cat", "versions { specific: [1, 7] }");
  Follow();
  EXPECT_THAT(Entries(), ElementsAre("cat 1: 2 inputs", "cat 7: cat/7: no such folder"));
}

TEST_F(ModelManagerTest, GivesThePlaceOfAVersionThatFailsToTheOneBelow) {
  Put("cat/1", 1);
  Put("cat/2", 2);
  Damage("cat/3");
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  EXPECT_THAT(Entries(),
              ElementsAre("cat 2: 2 inputs", StartsWith("cat 3: cat/3/model.mlp: 4 bytes that")));
}

TEST_F(ModelManagerTest, SwapsVersionsWithoutAGap) {
  Put("cat/1", 1);
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  const auto before = repository_.catalogs().Snapshot();
  Put("cat/2", 2);
  Follow();
  EXPECT_THAT(Entries(), ElementsAre("cat 2: 2 inputs"));
  EXPECT_THAT(before->Find("cat", ""), IsOk()) << "whoever holds the old catalog has the old model";
  EXPECT_THAT(repository_.Told(), ElementsAre("loaded cat 1", "loaded cat 2", "unloaded cat 1"));
}

TEST_F(ModelManagerTest, GoesBackToAVersionWithoutAGap) {
  Put("cat/1", 1);
  Put("cat/2", 2);
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  Remove("cat/2");
  EXPECT_THAT(manager_.Follow(), IsOk());
  EXPECT_THAT(manager_.Follow(), IsOk());
  EXPECT_THAT(Entries(), ElementsAre("cat 1: its files are still changing", "cat 2: 2 inputs"));
  EXPECT_THAT(manager_.Follow(), IsOk());
  EXPECT_THAT(Entries(), ElementsAre("cat 1: 1 inputs"));
  EXPECT_THAT(repository_.Told(), ElementsAre("loaded cat 2", "loaded cat 1", "unloaded cat 2"));
}

TEST_F(ModelManagerTest, ReadsNothingThatIsStillChanging) {
  Put("cat/1", 1);
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  const std::string content = ManagedRepository::Content(2);
  for (const size_t bytes : {size_t{5}, content.size() - 5, content.size()}) {
    repository_.folder().Write("cat/2/model.mlp", content.substr(0, bytes));
    EXPECT_THAT(manager_.Follow(), IsOk());
    EXPECT_THAT(Entries(), ElementsAre("cat 1: 1 inputs", "cat 2: its files are still changing"));
  }
  EXPECT_THAT(manager_.Follow(), IsOk());
  EXPECT_THAT(Entries(), ElementsAre("cat 2: 2 inputs"));
  EXPECT_EQ(repository_.compiled(), 2);
}

TEST_F(ModelManagerTest, LoadsAVersionAnewWhenItsFilesChange) {
  Put("cat/1", 1);
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  Put("cat/1", 2);
  Follow();
  EXPECT_THAT(Entries(), ElementsAre("cat 1: 2 inputs"));
}

TEST_F(ModelManagerTest, LoadsAnewWhenTheOptionsChange) {
  Put("cat/1", 1);
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  SetOptions("cat", "backend: 'fallback'");
  Follow();
  EXPECT_EQ(repository_.compiled(), 2);
}

TEST_F(ModelManagerTest, DoesNothingWhileNothingChanges) {
  Put("cat/1", 1);
  Damage("dog/1");
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  const auto catalog = repository_.catalogs().Snapshot();
  repository_.Told();
  Follow();
  Follow();
  EXPECT_EQ(repository_.catalogs().Snapshot(), catalog);
  EXPECT_THAT(repository_.Told(), IsEmpty());
}

TEST_F(ModelManagerTest, KeepsWhatServesWhenNewFilesFail) {
  Put("cat/1", 1);
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  Damage("cat/1");
  Follow();
  EXPECT_THAT(Entries(), ElementsAre(StartsWith("cat 1: 1 inputs | cat/1/model.mlp: 4 bytes")));
  Put("cat/1", 2);
  Follow();
  EXPECT_THAT(Entries(), ElementsAre("cat 1: 2 inputs"));
}

TEST_F(ModelManagerTest, KeepsWhatServesWhenTheOptionsMakeNoSense) {
  Put("cat/1", 1);
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  SetOptions("cat", "backend: 'cuda'");
  Follow();
  EXPECT_THAT(Entries(),
              ElementsAre(HasSubstr(
                  "cat 1: 1 inputs | cat/options.txtpb: line 1, column 1: got backend 'cuda'")));
  SetOptions("cat", "");
  Follow();
  EXPECT_THAT(Entries(), ElementsAre("cat 1: 1 inputs"));
}

TEST_F(ModelManagerTest, SaysWhyAModelAsAWholeDoesNotServe) {
  Put("cat/1", 1);
  SetOptions("cat", "versions: 1");
  repository_.folder().MakeFolder("dog/v1");
  Put("my eel/1", 1);
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  EXPECT_THAT(Entries(),
              ElementsAre(StartsWith("cat 0: cat/options.txtpb: line 1"),
                          "dog 0: dog: has no version folder such as dog/1; there is 'v1'",
                          StartsWith("my eel 0: 'my eel' is no model name")));
}

TEST_F(ModelManagerTest, UnloadsWhatIsGone) {
  Put("cat/1", 1);
  Put("cat/2", 2);
  Put("dog/1", 3);
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  Remove("cat/2");
  Remove("dog");
  Follow();
  Follow();
  EXPECT_THAT(Entries(), ElementsAre("cat 1: 1 inputs"));
  Put("eel/1", 4);
  Remove("cat/1");
  Follow();
  EXPECT_THAT(Entries(),
              ElementsAre("cat 0: cat: has no version folder such as cat/1", "eel 1: 4 inputs"));
}

TEST_F(ModelManagerTest, UnloadsNothingThatIsAwayForOneLook) {
  Put("cat/1", 1);
  Put("cat/2", 2);
  Put("dog/1", 3);
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  const auto before = Entries();
  for (const std::string entry : {"cat/2", "dog"}) {
    const auto from = repository_.folder().Path(entry);
    const auto aside = repository_.folder().Path(".aside");
    for (int i = 0; i < 2; ++i) {
      std::filesystem::rename(from, aside);
      EXPECT_THAT(manager_.Follow(), IsOk());
      EXPECT_EQ(Entries(), before) << entry;
      std::filesystem::rename(aside, from);
      EXPECT_THAT(manager_.Follow(), IsOk());
      EXPECT_EQ(Entries(), before) << entry;
    }
  }
}

TEST_F(ModelManagerTest, KeepsWhatServesWhenTheRepositoryIsEmptied) {
  Put("cat/1", 1);
  Put("dog/1", 2);
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  Remove("cat");
  Remove("dog/1");
  const char* const why = "it has no version of any model any more";
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(manager_.Follow(), StatusIs(Code::kFailedPrecondition, why));
  }
  EXPECT_THAT(Entries(), ElementsAre(HasSubstr("cat 1: 1 inputs | the repository: it has no"),
                                     HasSubstr("dog 1: 2 inputs | the repository: it has no")));
  Put("cat/1", 3);
  Follow();
  Follow();
  EXPECT_THAT(Entries(),
              ElementsAre("cat 1: 3 inputs", "dog 0: dog: has no version folder such as dog/1"));
}

TEST_F(ModelManagerTest, ListsFromTheBeginningWhatItIsAboutToLoad) {
  Put("cat/1", 1);
  Put("dog/1", 2);
  std::vector<std::string> during;
  ModelManager manager = repository_.Manage({}, [&] {
    if (during.empty()) during = Entries();
  });
  EXPECT_THAT(manager.LoadAll(), IsOk());
  EXPECT_THAT(during, ElementsAre("cat 0: it is being loaded", "dog 0: it is being loaded"));
}

TEST_F(ModelManagerTest, KnowsWhenTheRepositoryHasSettled) {
  EXPECT_FALSE(manager_.IsSettled());
  Put("cat/1", 1);
  EXPECT_FALSE(manager_.IsSettled()) << "it may still be written";
  Put("cat/1", 2);
  EXPECT_FALSE(manager_.IsSettled());
  EXPECT_TRUE(manager_.IsSettled());
  EXPECT_TRUE(repository_.Manage().IsSettled()) << "nobody has waited for it";
}

TEST_F(ModelManagerTest, TakesNewModels) {
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  EXPECT_THAT(Entries(), IsEmpty());
  Put("cat/1", 1);
  Follow();
  EXPECT_THAT(Entries(), ElementsAre("cat 1: 1 inputs"));
}

TEST_F(ModelManagerTest, ChangesNothingWhenTheRepositoryIsOutOfReach) {
  Put("cat/1", 1);
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  const std::string root = repository_.folder().Path("");
  const std::string aside = root.substr(0, root.size() - 1) + "-aside";
  std::filesystem::rename(root, aside);
  EXPECT_THAT(manager_.Follow(), StatusIs(Code::kNotFound, "no such folder"));
  EXPECT_THAT(manager_.Load("cat"), StatusIs(Code::kNotFound, "no such folder"));
  EXPECT_THAT(manager_.List(), IsOk());
  EXPECT_THAT(Entries(), ElementsAre("cat 1: 1 inputs | the repository: no such folder"));
  std::filesystem::rename(aside, root);
  Follow();
  EXPECT_THAT(Entries(), ElementsAre("cat 1: 1 inputs"));
}

TEST_F(ModelManagerTest, UnloadsWithoutTheRepository) {
  Put("cat/1", 1);
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  const std::string root = repository_.folder().path().string();
  std::filesystem::rename(root, root + "-aside");
  EXPECT_THAT(manager_.Unload("cat"), IsOk());
  EXPECT_THAT(Entries(), IsEmpty());
  EXPECT_THAT(manager_.Unload("cat"), StatusIs(Code::kNotFound, "no such folder"));
  std::filesystem::rename(root + "-aside", root);
}

TEST_F(ModelManagerTest, FreesWhatWasReplacedOnceNobodyUsesIt) {
  Put("cat/1", 1);
  EXPECT_THAT(manager_.LoadAll(), IsOk());
  std::weak_ptr<ServedModel> old;
  {
    const auto user = repository_.catalogs().Snapshot();
    old = *user->entries().front().served;
    Put("cat/2", 2);
    Follow();
    EXPECT_TRUE(manager_.Sweep()) << "somebody still uses it";
    EXPECT_FALSE(old.expired());
  }
  EXPECT_FALSE(old.expired()) << "it is freed by Sweep() alone";
  EXPECT_TRUE(manager_.Sweep()) << "its memory may be wanted again at once";
  EXPECT_TRUE(old.expired());
  while (manager_.Sweep()) continue;
}

TEST_F(ModelManagerTest, ListsWithoutLoading) {
  Put("cat/1", 1);
  EXPECT_THAT(manager_.List(), IsOk());
  EXPECT_THAT(Entries(), ElementsAre("cat 0: it is not loaded"));
  Put("dog/1", 1);
  Remove("cat");
  EXPECT_THAT(manager_.List(), IsOk());
  EXPECT_THAT(Entries(), ElementsAre("dog 0: it is not loaded"));
  EXPECT_EQ(repository_.compiled(), 0);
}

TEST_F(ModelManagerTest, LoadsAndUnloadsOneModel) {
  Put("cat/1", 1);
  Put("dog/1", 2);
  EXPECT_THAT(manager_.List(), IsOk());
  EXPECT_THAT(manager_.Load("dog"), IsOk());
  EXPECT_THAT(Entries(), ElementsAre("cat 0: it is not loaded", "dog 1: 2 inputs"));
  Put("dog/2", 3);
  EXPECT_THAT(manager_.Load("dog"), IsOk());
  EXPECT_THAT(Entries(), ElementsAre("cat 0: it is not loaded", "dog 2: 3 inputs"));
  EXPECT_THAT(manager_.Unload("dog"), IsOk());
  EXPECT_THAT(Entries(), ElementsAre("cat 0: it is not loaded", "dog 0: it is not loaded"));
  EXPECT_THAT(manager_.Unload("dog"), IsOk()) << "there is nothing to do";
}

TEST_F(ModelManagerTest, KeepsALoadedModelWhoseFolderIsGone) {
  Put("cat/1", 1);
  EXPECT_THAT(manager_.Load("cat"), IsOk());
  Remove("cat");
  Put("dog/1", 1);
  EXPECT_THAT(manager_.List(), IsOk());
  EXPECT_THAT(Entries(), ElementsAre("cat 1: 1 inputs", "dog 0: it is not loaded"));
  EXPECT_THAT(manager_.Unload("cat"), IsOk());
  EXPECT_THAT(Entries(), ElementsAre("dog 0: it is not loaded"));
}

TEST_F(ModelManagerTest, SaysWhyAModelWasNotLoaded) {
  Put("cat/1", 1);
  Damage("cat/2");
  EXPECT_THAT(manager_.Load("cat"),
              StatusIs(Code::kDataLoss, HasSubstr("failed to load 'cat': cat/2/model.mlp: 4 ")));
  EXPECT_THAT(Entries(), ElementsAre("cat 1: 1 inputs", StartsWith("cat 2: cat/2/model.mlp")));
  SetOptions("cat", "?");
  EXPECT_THAT(manager_.Load("cat"),
              StatusIs(Code::kInvalidArgument, HasSubstr("failed to load 'cat': cat/options")));
  Put("dog/1", 1);
  SetOptions("dog", "?");
  EXPECT_FALSE(manager_.Load("dog").ok());
  EXPECT_THAT(manager_.List(), IsOk());
  EXPECT_THAT(Entries().back(), StartsWith("dog 0: dog/options.txtpb: line 1"));
}

TEST_F(ModelManagerTest, TriesAgainWhatFailedWhenAskedTo) {
  Damage("cat/1");
  EXPECT_FALSE(manager_.Load("cat").ok());
  Put("cat/1", 1);
  EXPECT_THAT(manager_.Load("cat"), IsOk());
  EXPECT_THAT(manager_.Load("cat"), IsOk());
  EXPECT_EQ(repository_.compiled(), 1) << "nothing had changed";
}

TEST_F(ModelManagerTest, KnowsNoModelOutsideTheRepository) {
  Put("cat/1", 1);
  for (const char* name : {"", "dog", "../cat", "cat/1", ".", "/etc"}) {
    EXPECT_THAT(manager_.Load(name),
                StatusIs(Code::kNotFound, std::string("failed to load '") + name +
                                              "': it is not in the repository"));
    EXPECT_THAT(manager_.Unload(name),
                StatusIs(Code::kNotFound, std::string("failed to unload '") + name +
                                              "': it is neither loaded nor in the repository"));
  }
}

TEST(StoppedModelManagerTest, GivesUpBetweenTwoModels) {
  ManagedRepository repository;
  for (const char* version : {"cat/1", "dog/1", "eel/1"}) repository.Put(version, 1);
  std::stop_source stop;
  ModelManager manager = repository.Manage(stop.get_token(), [&] {
    if (repository.compiled() == 2) stop.request_stop();
  });
  EXPECT_THAT(manager.LoadAll(), StatusIs(Code::kUnavailable, "the server is shutting down"));
  EXPECT_TRUE(manager.stopping());
  EXPECT_THAT(repository.Entries(),
              ElementsAre("cat 1: 1 inputs", "dog 1: 1 inputs", "eel 0: it is being loaded"));
  EXPECT_THAT(manager.Follow(), StatusIs(Code::kUnavailable, "the server is shutting down"));
}

}  // namespace
}  // namespace hillock::lifecycle
