// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/core/model/writer.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace hillock::repository {

// A version as a server that loads the highest of each model finds it.
struct Version {
  std::string model;
  int64_t number = 0;  // 0 for what is wrong with the model as a whole
  absl::StatusOr<std::shared_ptr<const model::Mlp>> mlp;
};

inline void PrintTo(const Version& version, std::ostream* out) {
  *out << version.model << " " << version.number << " " << version.mlp.status();
}

namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using ::hillock::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Code = absl::StatusCode;

constexpr size_t kNoLimit = 1 << 20;

MATCHER_P2(IsServed, model, number, "") {
  *result_listener << arg.mlp.status().ToString();
  return arg.model == model && arg.number == number && arg.mlp.ok();
}

MATCHER_P4(IsRefused, model, number, code, message, "") {
  return arg.model == model && arg.number == number &&
         ::testing::ExplainMatchResult(StatusIs(code, HasSubstr(message)), arg.mlp,
                                       result_listener);
}

Version ReadHighest(const Repository& repository, const ModelListing& model) {
  if (!model.options.ok()) return {model.name, 0, model.options.status()};
  if (model.versions.empty()) return {model.name, 0, absl::NotFoundError("no version")};
  const int64_t number = model.versions.back().number;
  return {model.name, number, repository.Read(model, number)};
}

absl::StatusOr<std::vector<Version>> ReadAll(const std::string& root, size_t max_file_bytes) {
  HILLOCK_ASSIGN_OR_RETURN(const Repository repository, Repository::Open(root, max_file_bytes));
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<ModelListing> models, repository.List());
  std::vector<Version> versions;
  for (const ModelListing& model : models) versions.push_back(ReadHighest(repository, model));
  return versions;
}

class RepositoryTest : public ::testing::Test {
 protected:
  // A sound model.
  void Put(const std::string& file) const {
    folder_.Write(file, model::WriteMlp(MlpBuilder(2).Add(1, "relu").Build()));
  }
  auto Read(const std::string& below = "") const { return ReadAll(folder_.Path(below), kNoLimit); }

  TemporaryFolder folder_;
};

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

TEST_F(RepositoryTest, RefusesAVersionWithAFileOfEachKind) {
  Put("cat/2/model.mlp");
  folder_.Write("cat/2/model.onnx", "");
  EXPECT_THAT(Read(), IsOkAndHolds(ElementsAre(IsRefused(
                          "cat", 2, absl::StatusCode::kInvalidArgument,
                          "cat/2: has both model.mlp and model.onnx, want one of them"))));
}

// An ONNX model of one output that is `factor` times the input.
std::string OnnxOf(float factor) {
  ::hillock::testing::OnnxBuilder graph;
  graph.Input("x", {-1, 1}).Floats("w", {1, 1}, {factor});
  return graph.Node("MatMul", {"x", "w"}, "y").Output("y").Build();
}

TEST_F(RepositoryTest, TakesOneOnnxFileOfAnyName) {
  folder_.Write("cat/1/policy.onnx", OnnxOf(5));
  folder_.Write("cat/1/.hidden.onnx", "text");
  folder_.Write("cat/1/policy.onnx.data", "text");
  EXPECT_THAT(Read(), IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
}

TEST_F(RepositoryTest, NamesBothOfTwoOnnxFiles) {
  folder_.Write("cat/1/policy.onnx", OnnxOf(5));
  folder_.Write("cat/1/critic.onnx", OnnxOf(6));
  EXPECT_THAT(Read(), IsOkAndHolds(ElementsAre(IsRefused(
                          "cat", 1, Code::kInvalidArgument,
                          "cat/1: has both 'critic.onnx' and 'policy.onnx', want one of them"))));
}

TEST_F(RepositoryTest, RefusesALinkOfAnyName) {
  folder_.Write("outside", OnnxOf(5));
  folder_.MakeFolder("root/cat/1");
  std::filesystem::create_symlink(folder_.Path("outside"), folder_.Path("root/cat/1/p.onnx"));
  EXPECT_THAT(Read("root"),
              IsOkAndHolds(ElementsAre(IsRefused("cat", 1, Code::kInvalidArgument,
                                                 "cat/1/p.onnx: is a symbolic link"))));
}

TEST_F(RepositoryTest, SaysWhatLiesThereInPlaceOfAModel) {
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

TEST_F(RepositoryTest, SaysWhereAFileOfTheRootBelongs) {
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

TEST_F(RepositoryTest, ServesTheOutputsThatTheOptionsChoose) {
  const auto mlp = MlpBuilder(2).Add(3, "relu").Output("a").Add(1, "tanh").Output("b").Build();
  folder_.Write("cat/1/model.mlp", model::WriteMlp(mlp));
  folder_.Write("cat/options.txtpb", "outputs: ['a']");
  folder_.Write("dog/1/model.mlp", model::WriteMlp(mlp));
  folder_.Write("dog/options.txtpb", "outputs: ['c']");
  const auto versions = Read();
  ASSERT_THAT(versions,
              IsOkAndHolds(ElementsAre(
                  IsServed("cat", 1),
                  IsRefused("dog", 1, Code::kInvalidArgument,
                            "dog/options.txtpb: outputs: got output 'c', want 'a' or 'b'"))));
  EXPECT_EQ((*versions->front().mlp)->layers.size(), 1u);
}

TEST_F(RepositoryTest, HeedsTritonsConfiguration) {
  folder_.Write("cat/1/a.onnx", OnnxOf(5));
  folder_.Write("cat/1/b.onnx", OnnxOf(6));
  folder_.Write("cat/config.pbtxt", R"(
      name: "cat" backend: "onnxruntime" max_batch_size: 8 default_model_filename: "b.onnx"
      input [ { name: "x" data_type: TYPE_FP32 dims: [ 1 ] } ] output { name: "y" }
      version_policy { latest { num_versions: 2 } } instance_group [ { kind: KIND_CPU } ])");
  const auto repository = Repository::Open(folder_.Path(""), kNoLimit);
  const auto models = repository->List();
  const ModelListing& cat = models->front();
  ASSERT_THAT(cat.options, IsOk());
  EXPECT_EQ(cat.options->limits.max_rows, 8u);
  EXPECT_EQ(cat.options->versions.latest, 2u);
  EXPECT_THAT(cat.options->notes, ElementsAre("config.pbtxt: without effect here: instance_group"));
  const auto mlp = repository->Read(cat, 1);
  ASSERT_THAT(mlp, IsOk());
  EXPECT_THAT((*mlp)->layers[0].weights, ElementsAre(6));
}

TEST_F(RepositoryTest, TakesItsOwnOptionsOverTritons) {
  Put("cat/1/model.mlp");
  folder_.Write("cat/config.pbtxt", "max_batch_size: 8 version_policy { all {} }");
  folder_.Write("cat/options.txtpb", "versions { specific: 1 } max_rows: 4");
  const auto models = Repository::Open(folder_.Path(""), kNoLimit)->List();
  EXPECT_EQ(models->front().options->limits.max_rows, 4u);
  EXPECT_THAT(models->front().options->versions.specific, ElementsAre(1));
}

TEST_F(RepositoryTest, RefusesAModelThatIsNotAsItsConfigurationSays) {
  Put("cat/1/model.mlp");
  folder_.Write("cat/config.pbtxt", "input { name: 'pixels' }");
  Put("dog/1/model.mlp");
  folder_.Write("dog/config.pbtxt", "name: 'cat'");
  EXPECT_THAT(Read(),
              IsOkAndHolds(ElementsAre(
                  IsRefused("cat", 1, Code::kInvalidArgument,
                            "cat: config.pbtxt has input 'pixels', and the model 'input'"),
                  IsRefused("dog", 0, Code::kInvalidArgument,
                            "dog/config.pbtxt: line 1, column 1: got name 'cat', want 'dog'"))));
}

// An ONNX model whose weights are in a file of its own.
std::string OnnxBeside(const std::string& location) {
  ::hillock::testing::OnnxBuilder graph;
  graph.Input("x", {-1, 1}).External("w", {1, 1}, {{"location", location}});
  return graph.Node("MatMul", {"x", "w"}, "y").Output("y").Build();
}

TEST_F(RepositoryTest, TakesOnnxWithItsDataBesideIt) {
  folder_.Write("cat/1/model.onnx", OnnxBeside("model.onnx.data"));
  folder_.Write("cat/1/model.onnx.data", ::hillock::testing::Bytes({5}));
  const auto cat = Read();
  ASSERT_THAT(cat, IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
  folder_.Write("dog.onnx", OnnxBeside("dog.data"));
  folder_.Write("dog.data", ::hillock::testing::Bytes({6}));
  EXPECT_THAT((*cat->front().mlp)->layers[0].weights, ElementsAre(5));
  EXPECT_THAT(Read("dog.onnx"), IsOkAndHolds(ElementsAre(IsServed("dog", 1))));
}

TEST_F(RepositoryTest, KeepsExternalDataInsideTheVersionsFolder) {
  folder_.Write("cat/data", ::hillock::testing::Bytes({5}));
  folder_.MakeFolder("cat/1/folder");
  std::filesystem::create_symlink(folder_.Path("cat/data"), folder_.Path("cat/1/link"));
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

TEST_F(RepositoryTest, CountsExternalDataTowardsTheLimit) {
  folder_.Write("cat/1/model.onnx", OnnxBeside("data"));
  folder_.Write("cat/1/data", std::string(kNoLimit, 'x'));
  EXPECT_THAT(Read(),
              IsOkAndHolds(ElementsAre(IsRefused("cat", 1, absl::StatusCode::kResourceExhausted,
                                                 "external data 'data'"))));
}

TEST_F(RepositoryTest, LeavesHiddenFoldersAlone) {
  Put("cat/1/model.mlp");
  Put(".cat/1/model.mlp");
  Put("__pycache__/1/model.mlp");
  EXPECT_THAT(Read(), IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
}

TEST_F(RepositoryTest, TakesOneModelsFolder) {
  Put("cat/1/model.mlp");
  Put("cat/2/model.mlp");
  for (const char* spelling : {"cat", "cat/", "cat/.", "./cat", "cat/../cat//"}) {
    EXPECT_THAT(Read(spelling), IsOkAndHolds(ElementsAre(IsServed("cat", 2)))) << spelling;
  }
}

TEST_F(RepositoryTest, NamesTheModelAfterTheFolderWhenThatIsTheCurrentOne) {
  Put("cat/1/model.mlp");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.Path("cat"));
  const auto versions = ReadAll(".", kNoLimit);
  std::filesystem::current_path(before);
  EXPECT_THAT(versions, IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
}

TEST_F(RepositoryTest, TakesABareFile) {
  Put("cat.mlp");
  EXPECT_THAT(Read("cat.mlp"), IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
}

TEST_F(RepositoryTest, RefusesABareFileWhoseNameIsNoModelName) {
  Put("my cat.mlp");
  EXPECT_THAT(Read("my cat.mlp"),
              IsOkAndHolds(ElementsAre(IsRefused("my cat", 0, absl::StatusCode::kInvalidArgument,
                                                 "'my cat' is no model name"))));
}

TEST_F(RepositoryTest, TellsWhyABareFileIsNotServed) {
  folder_.Write("cat.mlp", "junk");
  EXPECT_THAT(Read("cat.mlp"), IsOkAndHolds(ElementsAre(IsRefused(
                                   "cat", 1, absl::StatusCode::kDataLoss, "cat.mlp: 4 bytes"))));
}

TEST_F(RepositoryTest, MayItselfBeALink) {
  Put("real/cat/1/model.mlp");
  std::filesystem::create_symlink("real", folder_.path() / "link");
  EXPECT_THAT(Read("link"), IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
}

TEST_F(RepositoryTest, RefusesLinksBelowTheRoot) {
  Put("outside/1/model.mlp");
  Put("root/cat/1/model.mlp");
  folder_.MakeFolder("root/dog/1");
  namespace fs = std::filesystem;
  fs::create_symlink(folder_.Path("outside"), folder_.Path("root/linked_model"));
  fs::create_symlink(folder_.Path("outside/1"), folder_.Path("root/cat/2"));
  fs::create_symlink(folder_.Path("outside/1/model.mlp"), folder_.Path("root/dog/1/model.mlp"));
  EXPECT_THAT(Read("root"),
              IsOkAndHolds(ElementsAre(IsServed("cat", 1),
                                       IsRefused("dog", 1, absl::StatusCode::kInvalidArgument,
                                                 "dog/1/model.mlp: is a symbolic link"))));
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

TEST_F(RepositoryTest, RefusesAFileOverTheLimit) {
  folder_.Write("cat/1/model.mlp", std::string(101, 'x'));
  EXPECT_THAT(ReadAll(folder_.Path(""), 100),
              IsOkAndHolds(ElementsAre(IsRefused("cat", 1, absl::StatusCode::kResourceExhausted,
                                                 "101 bytes, want at most 100"))));
}

TEST_F(RepositoryTest, MustBeThere) {
  EXPECT_THAT(Read("nowhere"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no such folder")));
}

TEST_F(RepositoryTest, MayHoldNoModelYet) {
  folder_.MakeFolder(".hidden");
  folder_.Write("file", "text");
  const auto repository = Repository::Open(folder_.Path(""), kNoLimit);
  ASSERT_THAT(repository, IsOk());
  EXPECT_THAT(repository->List(), IsOkAndHolds(IsEmpty()));
  Put("cat/1/model.mlp");
  EXPECT_EQ(repository->List()->size(), 1u);
}

TEST_F(RepositoryTest, StaysTheKindItWasOpenedAs) {
  Put("cat/1/model.mlp");
  const auto repository = Repository::Open(folder_.Path(""), kNoLimit);
  Put("7/1/model.mlp");  // a model called 7, not version 7 of a model called as the root
  EXPECT_THAT(repository->List(),
              IsOkAndHolds(ElementsAre(::testing::Field(&ModelListing::name, "7"),
                                       ::testing::Field(&ModelListing::name, "cat"))));
}

TEST_F(RepositoryTest, ListsEveryVersionInOrder) {
  for (const char* number : {"10", "9", "1"}) Put(std::string("cat/") + number + "/model.mlp");
  const auto models = Repository::Open(folder_.Path(""), kNoLimit)->List();
  ASSERT_EQ(models->size(), 1u);
  EXPECT_THAT(models->front().versions, ElementsAre(::testing::Field(&VersionListing::number, 1),
                                                    ::testing::Field(&VersionListing::number, 9),
                                                    ::testing::Field(&VersionListing::number, 10)));
  EXPECT_EQ(models->front().Find(9), &models->front().versions[1]);
  EXPECT_EQ(models->front().Find(2), nullptr);
}

TEST_F(RepositoryTest, ReadsTheOptionsOverTheDefaults) {
  Put("cat/1/model.mlp");
  Put("dog/1/model.mlp");
  Put("eel/1/model.mlp");
  folder_.Write("cat/options.txtpb", "versions { latest: 2 }");
  folder_.Write("eel/options.txtpb", "versions: 2");
  const ServingOptions defaults{.compute = {.backend = Backend::kFallback}};
  const auto models = Repository::Open(folder_.Path(""), kNoLimit, defaults)->List();
  ASSERT_EQ(models->size(), 3u);
  EXPECT_EQ((*models)[0].options->versions.latest, 2u);
  EXPECT_EQ((*models)[0].options->compute.backend, Backend::kFallback);
  EXPECT_THAT((*models)[1].options, IsOkAndHolds(defaults));
  EXPECT_THAT((*models)[2].options,
              StatusIs(Code::kInvalidArgument, HasSubstr("eel/options.txtpb: line 1, column 11")));
}

TEST_F(RepositoryTest, ListsAlikeUntilAFileChanges) {
  Put("cat/1/model.mlp");
  folder_.Write("cat/1/model.onnx.data", "12345");
  const auto repository = Repository::Open(folder_.Path(""), kNoLimit);
  const auto files = [&] { return repository->List()->front().versions.front().files; };
  const auto before = files();
  EXPECT_EQ(before.size(), 2u);
  EXPECT_EQ(files(), before);
  folder_.Write("cat/1/model.onnx.data", "123456");
  EXPECT_NE(files(), before);
}

TEST_F(RepositoryTest, ReadsNothingThatIsNotAsItWasListed) {
  Put("cat/1/model.mlp");
  const auto repository = Repository::Open(folder_.Path(""), kNoLimit);
  const auto models = repository->List();
  folder_.Write("cat/1/more", "text");
  EXPECT_THAT(repository->Read(models->front(), 1),
              StatusIs(Code::kDataLoss, "cat/1: changed while it was read"));
  EXPECT_THAT(repository->Read(models->front(), 2),
              StatusIs(Code::kNotFound, "cat/2: no such folder"));
  std::filesystem::remove_all(folder_.Path("cat/1"));
  EXPECT_THAT(repository->Read(models->front(), 1),
              StatusIs(Code::kNotFound, "cat/1: no such folder"));
}

TEST_F(RepositoryTest, FollowsItsRootWhenThatIsALinkTurnedElsewhere) {
  Put("old/cat/1/model.mlp");
  Put("new/cat/2/model.mlp");
  std::filesystem::create_symlink("old", folder_.path() / "link");
  const auto repository = Repository::Open(folder_.Path("link"), kNoLimit);
  const auto version = [&] { return repository->List()->front().versions.front().number; };
  EXPECT_EQ(version(), 1);
  std::filesystem::create_symlink("new", folder_.path() / "turned");
  std::filesystem::rename(folder_.Path("turned"), folder_.Path("link"));
  EXPECT_EQ(version(), 2);
  std::filesystem::remove(folder_.Path("link"));
  EXPECT_THAT(repository->List(), StatusIs(Code::kNotFound, "no such folder"));
}

TEST_F(RepositoryTest, KeepsHardLinkedDataOutside) {
  folder_.Write("secret", ::hillock::testing::Bytes({5}));
  folder_.Write("root/cat/1/model.onnx", OnnxBeside("data"));
  std::filesystem::create_hard_link(folder_.Path("secret"), folder_.Path("root/cat/1/data"));
  EXPECT_THAT(Read("root"),
              IsOkAndHolds(ElementsAre(IsRefused("cat", 1, Code::kInvalidArgument,
                                                 "external data 'data': has 2 hard links"))));
}

TEST(IsModelName, TakesLettersDigitsAndThreeMarks) {
  for (const auto& name : {std::string("a"), std::string("A-z_0.9"), std::string("1"),
                           std::string("-"), std::string(128, 'x')}) {
    EXPECT_TRUE(IsModelName(name)) << name;
  }
  for (const auto& name :
       {std::string(), std::string("."), std::string(".."), std::string(".a"), std::string("a b"),
        std::string("a/b"), std::string("a\\b"), std::string("a\0b", 3), std::string("\xc3\xa9"),
        std::string("a\n"), std::string(129, 'x')}) {
    EXPECT_FALSE(IsModelName(name)) << name;
  }
}

TEST(ParseVersion, TakesPositiveIntegersInPlainDecimal) {
  EXPECT_THAT(ParseVersion("1"), IsOkAndHolds(1));
  EXPECT_THAT(ParseVersion("42"), IsOkAndHolds(42));
  EXPECT_THAT(ParseVersion("9223372036854775807"), IsOkAndHolds(9223372036854775807));
}

TEST(ParseVersion, RefusesEverythingElse) {
  for (const char* text : {"", "0", "-1", "+1", "01", "1.0", "1 ", " 1", "one", "1e3", "0x1",
                           "9223372036854775808", "99999999999999999999"}) {
    EXPECT_THAT(ParseVersion(text),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("got model version '" + std::string(text) + "'"),
                               HasSubstr("want a positive integer"))));
  }
}

}  // namespace
}  // namespace hillock::repository
