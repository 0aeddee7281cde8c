// SPDX-License-Identifier: Apache-2.0

// Symbolic links in a repository, as ConfigMaps, snapshots and people make them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/unit/core/repository/read_repository.h"

namespace hillock::repository {
namespace {

using ::hillock::testing::Bytes;
using ::hillock::testing::IsOk;
using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using Code = absl::StatusCode;

using RepositoryLinksTest = RepositoryFixture;

TEST_F(RepositoryLinksTest, RootMayBeOne) {
  Put("real/cat/1/model.mlp");
  Link("real", "link");
  EXPECT_THAT(Read("link"), IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
}

TEST_F(RepositoryLinksTest, RootMayBeTurnedElsewhere) {
  Put("old/cat/1/model.mlp");
  Put("new/cat/2/model.mlp");
  Link("old", "link");
  Repository repository(folder_.Path("link"), kNoLimit);
  const auto version = [&] { return repository.List()->front().versions.front().number; };
  EXPECT_EQ(version(), 1);
  Turn("new", "link");
  EXPECT_EQ(version(), 2);
  std::filesystem::remove(folder_.Path("link"));
  EXPECT_THAT(repository.List(), StatusIs(Code::kNotFound, "no such folder"));
}

// Where each kind of link lies and leads to, all beneath the root.
struct Case {
  const char* name;
  const char* file;
  const char* link;
  const char* to;
};
constexpr Case kFollowed[] = {
    {"FileInAConfigMap", "cat/1/..2026/model.mlp", "cat/1/model.mlp", "..2026/model.mlp"},
    {"FileElsewhere", ".store/abc", "cat/1/model.mlp", "../../.store/abc"},
    {"VersionFolder", "cat/build/model.mlp", "cat/1", "build"},
    {"VersionFolderElsewhere", ".store/cat/model.mlp", "cat/1", "../.store/cat"},
    {"ModelFolder", ".store/cat/1/model.mlp", "cat", ".store/cat"},
    {"ModelFolderOfAConfigMap", "..2026/cat/1/model.mlp", "cat", "..2026/cat"},
};

class FollowedLinkTest : public RepositoryFixture, public ::testing::WithParamInterface<Case> {};

TEST_P(FollowedLinkTest, IsAsGoodAsWhatItLeadsTo) {
  Put(std::string("root/") + GetParam().file);
  Link(GetParam().to, std::string("root/") + GetParam().link);
  EXPECT_THAT(Read("root"), IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
}

TEST_P(FollowedLinkTest, MayBeAbsolute) {
  Put(std::string("root/") + GetParam().file);
  Link(folder_.Path(std::string("root/") + GetParam().file), "root/dog/1/model.mlp");
  Link(GetParam().to, std::string("root/") + GetParam().link);
  EXPECT_THAT(Read("root"), IsOkAndHolds(ElementsAre(IsServed("cat", 1), IsServed("dog", 1))));
}

INSTANTIATE_TEST_SUITE_P(Links, FollowedLinkTest, ::testing::ValuesIn(kFollowed),
                         [](const auto& test) { return test.param.name; });

TEST_F(RepositoryLinksTest, AreSwappedAsAConfigMapIs) {
  Put("net/1/..one/model.mlp");
  Link("..one", "net/1/..data");
  Link("..data/model.mlp", "net/1/model.mlp");
  Repository repository(folder_.Path(""), kNoLimit);
  const auto before = repository.List();
  ASSERT_THAT(repository.Read(before->front(), 1), IsOk());
  Put("net/1/..two/model.mlp");
  Turn("..two", "net/1/..data");
  EXPECT_THAT(repository.Read(before->front(), 1),
              StatusIs(Code::kDataLoss, "net/1: changed while it was read"));
  const auto after = repository.List();
  EXPECT_NE(before->front(), after->front());
  EXPECT_THAT(repository.Read(after->front(), 1), IsOk());
}

TEST_F(RepositoryLinksTest, LeadToExternalDataToo) {
  folder_.Write("net/1/..one/model.onnx", OnnxBeside("weights"));
  folder_.Write("net/1/..one/weights", Bytes({5}));
  Link("..one", "net/1/..data");
  for (const std::string name : {"model.onnx", "weights"}) Link("..data/" + name, "net/1/" + name);
  EXPECT_THAT(Read(), IsOkAndHolds(ElementsAre(IsServed("net", 1))));
}

TEST_F(RepositoryLinksTest, OfASnapshotLeadIntoItsCache) {
  folder_.Write("models--a--b/blobs/f00d", OnnxBeside("weights"));
  folder_.Write("models--a--b/blobs/beef", Bytes({5}));
  const std::string snapshot = "models--a--b/snapshots/abc";
  Link("../../blobs/f00d", snapshot + "/model.onnx");
  Link("../../blobs/beef", snapshot + "/weights");
  EXPECT_THAT(Read(snapshot), IsOkAndHolds(ElementsAre(IsServed("abc", 1))));
  EXPECT_THAT(Read(snapshot, "net"), IsOkAndHolds(ElementsAre(IsServed("net", 1))));
  EXPECT_THAT(Read(snapshot + "/model.onnx"), IsOkAndHolds(ElementsAre(IsServed("model", 1))));
  Link(snapshot, "current");
  EXPECT_THAT(Read("current"), IsOkAndHolds(ElementsAre(IsServed("current", 1))));
}

TEST_F(RepositoryLinksTest, OfANamedFileLeadAnywhere) {
  Put("store/abc");
  Link("../store/abc", "root/cat.mlp");
  EXPECT_THAT(Read("root/cat.mlp"), IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
}

TEST_F(RepositoryLinksTest, OutOfTheRootAreRefusedByName) {
  Put("outside/1/model.mlp");
  Put("root/cat/1/model.mlp");
  Link("../../../outside/1/model.mlp", "root/dog/1/model.mlp");
  Link("../../outside/1", "root/eel/1");
  Link(folder_.Path("outside"), "root/fox");
  Link("../outside", "root/gnu");
  const std::string why = ": is a symbolic link that leads out of the repository";
  EXPECT_THAT(
      Read("root"),
      IsOkAndHolds(ElementsAre(IsServed("cat", 1),
                               IsRefused("dog", 1, Code::kInvalidArgument, "dog/1/model.mlp" + why),
                               IsRefused("eel", 1, Code::kInvalidArgument, "eel/1" + why),
                               IsRefused("fox", 0, Code::kInvalidArgument, "fox" + why),
                               IsRefused("gnu", 0, Code::kInvalidArgument, "gnu" + why))));
}

TEST_F(RepositoryLinksTest, ToNothingAreRefusedByName) {
  Link("nothing", "cat");
  Link("dog", "dog");
  Link("nothing", "eel/1/model.mlp");
  EXPECT_THAT(Read(),
              IsOkAndHolds(ElementsAre(
                  IsRefused("cat", 0, Code::kInvalidArgument, "cat: is a symbolic link that leads"),
                  IsRefused("dog", 0, Code::kInvalidArgument, "dog: is a symbolic link that leads"),
                  IsRefused("eel", 1, Code::kInvalidArgument, "model.mlp: is a symbolic link"))));
}

TEST_F(RepositoryLinksTest, OfOptionsAreFollowedToo) {
  Put("cat/1/model.mlp");
  folder_.Write("cat/..data/options.txtpb", "max_rows: 7");
  Link("..data/options.txtpb", "cat/options.txtpb");
  EXPECT_EQ(Repository(folder_.Path(""), kNoLimit).List()->front().options->limits.max_rows, 7u);
}

}  // namespace
}  // namespace hillock::repository
