// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/unit/core/repository/read_repository.h"

namespace hillock::repository {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Code = absl::StatusCode;

using LayoutTest = RepositoryFixture;

TEST_F(LayoutTest, TakesOneModelsFolder) {
  Put("cat/1/model.mlp");
  Put("cat/2/model.mlp");
  for (const char* spelling : {"cat", "cat/", "cat/.", "./cat", "cat/../cat//"}) {
    EXPECT_THAT(Read(spelling), IsOkAndHolds(ElementsAre(IsServed("cat", 2)))) << spelling;
  }
}

TEST_F(LayoutTest, NamesTheModelAfterTheFolderWhenThatIsTheCurrentOne) {
  Put("cat/1/model.mlp");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.Path("cat"));
  const auto versions = ReadAll({".", kNoLimit});
  std::filesystem::current_path(before);
  EXPECT_THAT(versions, IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
}

TEST_F(LayoutTest, TakesABareFile) {
  Put("cat.mlp");
  EXPECT_THAT(Read("cat.mlp"), IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
}

TEST_F(LayoutTest, RefusesABareFileWhoseNameIsNoModelName) {
  Put("my cat.mlp");
  EXPECT_THAT(Read("my cat.mlp"),
              IsOkAndHolds(ElementsAre(IsRefused("my cat", 0, absl::StatusCode::kInvalidArgument,
                                                 "'my cat' is no model name"))));
}

TEST_F(LayoutTest, TellsWhyABareFileIsNotServed) {
  folder_.Write("cat.mlp", "junk");
  EXPECT_THAT(Read("cat.mlp"), IsOkAndHolds(ElementsAre(IsRefused(
                                   "cat", 1, absl::StatusCode::kDataLoss, "cat.mlp: 4 bytes"))));
}

TEST_F(LayoutTest, StaysTheKindItWasWhenItWasFound) {
  Put("cat/1/model.mlp");
  Repository repository(folder_.Path(""), kNoLimit);
  ASSERT_THAT(repository.List(), IsOkAndHolds(::testing::SizeIs(1)));
  Put("7/1/model.mlp");  // a model called 7, not version 7 of a model called as the root
  EXPECT_THAT(repository.List(), IsOkAndHolds(ElementsAre(Field(&ModelListing::name, "7"),
                                                          Field(&ModelListing::name, "cat"))));
}

TEST_F(LayoutTest, MayHoldNoModelYet) {
  folder_.MakeFolder(".hidden");
  folder_.Write("file", "text");
  Repository repository(folder_.Path(""), kNoLimit);
  EXPECT_THAT(repository.List(), IsOkAndHolds(IsEmpty()));
  Put("cat/1/model.mlp");
  EXPECT_EQ(repository.List()->size(), 1u);
}

TEST_F(LayoutTest, MustBeThere) {
  EXPECT_THAT(Read("nowhere"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no such folder")));
}

TEST_F(LayoutTest, LeavesAloneWhatIsNoModel) {
  Put("cat/1/model.mlp");
  Put(".cat/1/model.mlp");
  folder_.MakeFolder("lost+found");
  Put("__pycache__/1/model.mlp");
  EXPECT_THAT(Read(), IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
}

TEST_F(LayoutTest, SaysWhereAFileOfTheRootBelongs) {
  Put("cat/1/model.mlp");
  Put("cat.mlp");
  Put("bird.mlp");
  folder_.Write("dog.onnx", OnnxOf(5));
  folder_.Write("eel.pth", "text");
  folder_.Write(".fox.onnx", "text");
  EXPECT_THAT(
      Read(),
      IsOkAndHolds(ElementsAre(
          IsRefused("bird", 0, Code::kInvalidArgument, "bird/1/model.mlp"), IsServed("cat", 1),
          IsRefused("dog", 0, Code::kInvalidArgument,
                    "dog.onnx: lies beside the models' folders, want it in a "
                    "version folder: dog/1/model.onnx"),
          IsRefused("eel", 0, Code::kUnimplemented, "eel.pth: is a PyTorch file"))));
}

TEST_F(LayoutTest, NamesStrayFilesWhateverTheyAreCalled) {
  Put("cat/1/model.mlp");
  Put("my dog.mlp");
  Put("f\xff\n.mlp");
  EXPECT_THAT(Read(), IsOkAndHolds(ElementsAre(
                          IsServed("cat", 1),
                          IsRefused("f\\xff\\n", 0, Code::kInvalidArgument, "lies beside"),
                          IsRefused("my dog", 0, Code::kInvalidArgument, "lies beside"))));
}

TEST_F(LayoutTest, TakesAVersionFolder) {
  for (const char* file : {"model.mlp", "model.onnx"}) {
    const std::string root = std::string("net-") + file;
    folder_.Write(root + "/" + file, file == std::string("model.onnx") ? OnnxOf(5) : "");
    if (file == std::string("model.mlp")) Put(root + "/model.mlp");
    folder_.Write(root + "/README.md", "text");
    folder_.MakeFolder(root + "/lost+found");
    folder_.MakeFolder(root + "/onnx");
    EXPECT_THAT(Read(root), IsOkAndHolds(ElementsAre(IsServed(root, 1))));
    EXPECT_THAT(Read(root, "cat"), IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
  }
}

TEST_F(LayoutTest, TakesOneFileOfAnyNameWhenToldTheModels) {
  folder_.Write("root/policy.onnx", OnnxOf(5));
  EXPECT_THAT(
      Read("root"),
      IsOkAndHolds(ElementsAre(IsRefused("policy", 0, Code::kInvalidArgument, "lies beside"))));
  EXPECT_THAT(Read("root", "cat"), IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
}

TEST_F(LayoutTest, NamesTheOneModelAsItIsTold) {
  Put("root/3/model.mlp");
  Put("file.mlp");
  EXPECT_THAT(Read("root", "cat"), IsOkAndHolds(ElementsAre(IsServed("cat", 3))));
  EXPECT_THAT(Read("file.mlp", "cat"), IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
  Put("models/dog/1/model.mlp");
  EXPECT_THAT(Read("models", "cat"), IsOkAndHolds(ElementsAre(IsServed("dog", 1))));
}

TEST_F(LayoutTest, IsFoundWhenThereIsSomething) {
  Repository repository(folder_.Path("late"), kNoLimit);
  EXPECT_THAT(repository.List(), StatusIs(Code::kNotFound, "no such folder"));
  folder_.MakeFolder("late/lost+found");
  EXPECT_THAT(repository.List(), IsOkAndHolds(IsEmpty()));
  Put("late/2/model.mlp");
  ASSERT_THAT(repository.List(), IsOkAndHolds(::testing::SizeIs(1)));
  EXPECT_THAT(repository.Read(repository.List()->front(), 2), IsOk());
  std::filesystem::remove_all(folder_.Path("late/2"));
  EXPECT_THAT(repository.List()->front().versions, IsEmpty()) << "still a model's folder";
}

TEST_F(LayoutTest, SaysWhatIsThereInPlaceOfAVersion) {
  for (const char* entry : {"v1/x", "01/x", "model.onnx", ".hidden"}) {
    folder_.Write(std::string("net/") + entry, "text");
  }
  EXPECT_EQ(Repository(folder_.Path(""), kNoLimit).List()->front().instead,
            "; there are '01', 'model.onnx', 'v1'");
}

}  // namespace
}  // namespace hillock::repository
