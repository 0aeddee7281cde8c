#include "server/model/repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>

#include "server/model/writer.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace hillock::model {

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

class RepositoryTest : public ::testing::Test {
 protected:
  // A sound model.
  void Put(const std::string& file) const {
    folder_.Write(file, WriteMlp(MlpBuilder(2).Add(1, "relu").Build()));
  }
  auto Read(const std::string& below = "") const {
    return ReadRepository(folder_.Path(below), kNoLimit);
  }

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

// An ONNX model whose weights lie in a file of its own.
std::string OnnxBeside(const std::string& location) {
  ::hillock::testing::OnnxBuilder graph;
  graph.Input("x", {-1, 1}).External("w", {1, 1}, {{"location", location}});
  return graph.Node("MatMul", {"x", "w"}, "y").Output("y").Build();
}

TEST_F(RepositoryTest, TakesOnnxWithItsDataBesideIt) {
  folder_.Write("cat/1/model.onnx", OnnxBeside("model.onnx.data"));
  folder_.Write("cat/1/model.onnx.data", ::hillock::testing::Bytes({5}));
  folder_.Write("dog.onnx", OnnxBeside("dog.data"));
  folder_.Write("dog.data", ::hillock::testing::Bytes({6}));
  const auto cat = Read();
  ASSERT_THAT(cat, IsOkAndHolds(ElementsAre(IsServed("cat", 1))));
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
  using Code = absl::StatusCode;
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
  const auto versions = ReadRepository(".", kNoLimit);
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
  using Code = absl::StatusCode;
  EXPECT_THAT(
      Read(),
      IsOkAndHolds(ElementsAre(
          IsServed("cat", 1),
          IsRefused("damaged", 1, Code::kDataLoss, "damaged/1/model.mlp: 4 bytes that do not end"),
          IsRefused("empty", 0, Code::kNotFound, "empty: has no version folder such as empty/1"),
          IsRefused("fileless", 4, Code::kNotFound, "fileless/4/model.mlp: no such file"),
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
  EXPECT_THAT(ReadRepository(folder_.Path(""), 100),
              IsOkAndHolds(ElementsAre(IsRefused("cat", 1, absl::StatusCode::kResourceExhausted,
                                                 "101 bytes, want at most 100"))));
}

TEST_F(RepositoryTest, MustBeThere) {
  EXPECT_THAT(Read("nowhere"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no such folder")));
}

TEST_F(RepositoryTest, MustHoldAModel) {
  const auto has_none = StatusIs(absl::StatusCode::kNotFound, HasSubstr("has no model, want"));
  EXPECT_THAT(Read(), has_none);
  folder_.MakeFolder(".hidden");
  folder_.Write("file", "text");
  EXPECT_THAT(Read(), has_none);
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
}  // namespace hillock::model
