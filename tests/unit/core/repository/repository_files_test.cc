// SPDX-License-Identifier: Apache-2.0

// The files of a version folder.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/unit/core/repository/read_repository.h"

namespace hillock::repository {
namespace {

using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using Code = absl::StatusCode;

using RepositoryFilesTest = RepositoryFixture;

TEST_F(RepositoryFilesTest, TakesOneOnnxFileOfAnyName) {
  folder_.Write("cat/1/policy.onnx", OnnxOf(5));
  folder_.Write("cat/1/.hidden.onnx", "text");
  folder_.Write("cat/1/policy.onnx.data", "text");
  EXPECT_THAT(Read(), IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
}

TEST_F(RepositoryFilesTest, NamesBothOfTwoOnnxFiles) {
  folder_.Write("cat/1/policy.onnx", OnnxOf(5));
  folder_.Write("cat/1/critic.onnx", OnnxOf(6));
  EXPECT_THAT(Read(), IsOkAndHolds(ElementsAre(IsRefused(
                          "cat", 1, Code::kInvalidArgument,
                          "cat/1: has both 'critic.onnx' and 'policy.onnx', want one of them"))));
}

TEST_F(RepositoryFilesTest, RefusesAVersionWithAFileOfEachKind) {
  Put("cat/2/model.mlp");
  folder_.Write("cat/2/model.onnx", "");
  EXPECT_THAT(Read(), IsOkAndHolds(ElementsAre(IsRefused(
                          "cat", 2, absl::StatusCode::kInvalidArgument,
                          "cat/2: has both model.mlp and model.onnx, want one of them"))));
}

TEST_F(RepositoryFilesTest, SaysWhatLiesThereInPlaceOfAModel) {
  folder_.Write("bert/1/pytorch.pt", "text");
  folder_.Write("page/1/model.onnx", "<!DOCTYPE html><html>");
  folder_.Write("pointer/1/model.onnx", "version https://git-lfs.github.com/spec/v1\n");
  EXPECT_THAT(Read(), IsOkAndHolds(ElementsAre(
                          IsRefused("bert", 1, Code::kUnimplemented,
                                    "bert/1: pytorch.pt: is a PyTorch file, want an ONNX file: in "
                                    "PyTorch: torch.onnx.export("),
                          IsRefused("page", 1, Code::kDataLoss, "page/1/model.onnx: is a web page"),
                          IsRefused("pointer", 1, Code::kDataLoss, "is a Git-LFS pointer"))));
}

TEST_F(RepositoryFilesTest, TakesOnnxWithItsDataBesideIt) {
  folder_.Write("cat/1/model.onnx", OnnxBeside("model.onnx.data"));
  folder_.Write("cat/1/model.onnx.data", ::hillock::testing::Bytes({5}));
  const auto cat = Read();
  ASSERT_THAT(cat, IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
  folder_.Write("dog.onnx", OnnxBeside("dog.data"));
  folder_.Write("dog.data", ::hillock::testing::Bytes({6}));
  EXPECT_THAT((*cat->front().mlp)->layers[0].weights, ElementsAre(5));
  EXPECT_THAT(Read("dog.onnx"), IsOkAndHolds(ElementsAre(IsServed("dog", 1))));
}

TEST_F(RepositoryFilesTest, KeepsExternalDataInsideTheVersionsFolder) {
  folder_.Write("cat/data", ::hillock::testing::Bytes({5}));
  folder_.MakeFolder("cat/1/folder");
  Link("/dev/null", "cat/1/link");
  const auto refused = [&](const std::string& location, absl::StatusCode code,
                           const std::string& text) {
    folder_.Write("cat/1/model.onnx", OnnxBeside(location));
    EXPECT_THAT(Read(), IsOkAndHolds(ElementsAre(IsRefused("cat", 1, code, text)))) << location;
  };
  for (const std::string& location :
       {std::string("../data"), folder_.Path("cat/data"), std::string("folder/../link"),
        std::string(".."), std::string("."), std::string(), std::string("a\0b", 3)}) {
    refused(location, Code::kInvalidArgument, "is not the name of a file beside the model");
  }
  refused("link", Code::kInvalidArgument, "external data 'link': is a symbolic link");
  refused("folder", Code::kInvalidArgument, "external data 'folder': is not a regular file");
  refused("missing", Code::kNotFound, "tensor 'w': external data 'missing': no such file");
}

TEST_F(RepositoryFilesTest, CountsExternalDataTowardsTheLimit) {
  folder_.Write("cat/1/model.onnx", OnnxBeside("data"));
  folder_.Write("cat/1/data", std::string(kNoLimit, 'x'));
  EXPECT_THAT(Read(),
              IsOkAndHolds(ElementsAre(IsRefused("cat", 1, absl::StatusCode::kResourceExhausted,
                                                 "external data 'data'"))));
}

TEST_F(RepositoryFilesTest, KeepsHardLinkedDataOutside) {
  folder_.Write("secret", ::hillock::testing::Bytes({5}));
  folder_.Write("root/cat/1/model.onnx", OnnxBeside("data"));
  std::filesystem::create_hard_link(folder_.Path("secret"), folder_.Path("root/cat/1/data"));
  EXPECT_THAT(Read("root"),
              IsOkAndHolds(ElementsAre(IsRefused("cat", 1, Code::kInvalidArgument,
                                                 "external data 'data': has 2 hard links"))));
}

TEST_F(RepositoryFilesTest, RefusesAFileOverTheLimit) {
  folder_.Write("cat/1/model.mlp", std::string(101, 'x'));
  EXPECT_THAT(ReadAll({folder_.Path(""), 100}),
              IsOkAndHolds(ElementsAre(IsRefused("cat", 1, absl::StatusCode::kResourceExhausted,
                                                 "101 bytes, want at most 100"))));
}

TEST_F(RepositoryFilesTest, ReadsNothingThatIsNotAsItWasListed) {
  Put("cat/1/model.mlp");
  Repository repository(folder_.Path(""), kNoLimit);
  const auto models = repository.List();
  folder_.Write("cat/1/more", "text");
  EXPECT_THAT(repository.Read(models->front(), 1),
              StatusIs(Code::kDataLoss, "cat/1: changed while it was read"));
  EXPECT_THAT(repository.Read(models->front(), 2),
              StatusIs(Code::kNotFound, "cat/2: no such folder"));
  std::filesystem::remove_all(folder_.Path("cat/1"));
  EXPECT_THAT(repository.Read(models->front(), 1),
              StatusIs(Code::kNotFound, "cat/1: no such folder"));
}

}  // namespace
}  // namespace hillock::repository
