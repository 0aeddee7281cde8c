// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/core/repository/read_repository.h"

namespace hillock::repository {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::IsOkAndHolds;
using ::testing::ElementsAre;
using ::testing::Field;
using Code = absl::StatusCode;

using RepositoryTest = RepositoryFixture;

TEST_F(RepositoryTest, GivesEveryModelInOrderOfName) {
  Put("dog/1/model.mlp");
  Put("cat/2/model.mlp");
  EXPECT_THAT(Read(), IsOkAndHolds(ElementsAre(IsServed("cat", 2), IsServed("dog", 1))));
}

TEST_F(RepositoryTest, TakesTheHighestVersionByNumberNotByText) {
  Put("cat/9/model.mlp");
  Put("cat/10/model.mlp");
  EXPECT_THAT(Read(), IsOkAndHolds(ElementsAre(IsServed("cat", 10))));
}

TEST_F(RepositoryTest, LeavesAloneWhatLiesBesideVersionFolders) {
  Put("cat/2/model.mlp");
  for (const char* entry : {"cat/3", "cat/README.md", "cat/2/model.onnx.data", "notes.txt"}) {
    folder_.Write(entry, "text");
  }
  for (const char* other : {"0", "-4", "04", "5.0", "v6", "7 ", "99999999999999999999"}) {
    Put(std::string("cat/") + other + "/model.mlp");
  }
  EXPECT_THAT(Read(), IsOkAndHolds(ElementsAre(IsServed("cat", 2))));
}

TEST_F(RepositoryTest, ServesTheGoodModelsBesideBadOnes) {
  Put("cat/1/model.mlp");
  folder_.Write("damaged/1/model.mlp", "junk");
  folder_.MakeFolder("empty");
  folder_.MakeFolder("fileless/4");
  Put("my dog/1/model.mlp");
  EXPECT_THAT(
      Read(),
      IsOkAndHolds(ElementsAre(
          IsServed("cat", 1),
          IsRefused("damaged", 1, Code::kDataLoss, "damaged/1/model.mlp: 4 bytes that do not end"),
          IsRefused("empty", 0, Code::kNotFound, "no version"),
          IsRefused("fileless", 4, Code::kNotFound,
                    "fileless/4: has no model, want model.onnx or model.mlp"),
          IsRefused("my dog", 0, Code::kInvalidArgument, "'my dog' is no model name"))));
}

TEST_F(RepositoryTest, NeverTellsWhereTheRootIs) {
  folder_.Write("damaged/1/model.mlp", "junk");
  folder_.MakeFolder("fileless/4");
  const auto versions = Read();
  ASSERT_THAT(versions, IsOk());
  for (const Version& version : *versions) {
    EXPECT_EQ(version.mlp.status().message().find(folder_.path().string()), std::string::npos)
        << version.model;
  }
}

TEST_F(RepositoryTest, ListsEveryVersionInOrder) {
  for (const char* number : {"10", "9", "1"}) Put(std::string("cat/") + number + "/model.mlp");
  const auto models = Repository(folder_.Path(""), kNoLimit).List();
  ASSERT_EQ(models->size(), 1u);
  EXPECT_THAT(models->front().versions,
              ElementsAre(Field(&VersionListing::number, 1), Field(&VersionListing::number, 9),
                          Field(&VersionListing::number, 10)));
  EXPECT_EQ(models->front().Find(9), &models->front().versions[1]);
  EXPECT_EQ(models->front().Find(2), nullptr);
}

TEST_F(RepositoryTest, ListsAlikeUntilAFileChanges) {
  Put("cat/1/model.mlp");
  folder_.Write("cat/1/model.onnx.data", "12345");
  Repository repository(folder_.Path(""), kNoLimit);
  const auto files = [&] { return repository.List()->front().versions.front().files; };
  const auto before = files();
  EXPECT_EQ(before.size(), 2u);
  EXPECT_EQ(files(), before);
  folder_.Write("cat/1/model.onnx.data", "123456");
  EXPECT_NE(files(), before);
}

}  // namespace
}  // namespace hillock::repository
