// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace hillock::repository {

inline void PrintTo(const FileMark& mark, std::ostream* out) {
  *out << mark.name << ", " << mark.bytes << " bytes, changed " << mark.changed;
}

namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;
using ::hillock::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;
using Code = absl::StatusCode;

constexpr size_t kNoLimit = 1 << 20;

absl::StatusOr<std::string> TextIn(const Folder& folder, const std::string& entry,
                                   size_t max_bytes = kNoLimit,
                                   Folder::HardLinks links = Folder::HardLinks::kAllowed) {
  HILLOCK_ASSIGN_OR_RETURN(const FileContent content, folder.ReadFile(entry, max_bytes, links));
  return std::string(TextOf(content));
}

class FolderTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::string> Read(const std::string& entry, size_t max_bytes = kNoLimit,
                                   Folder::HardLinks links = Folder::HardLinks::kAllowed) const {
    return TextIn(*Folder::Open(folder_.Path("")), entry, max_bytes, links);
  }
  void ExpectRefused(const std::string& entry, Code code, const std::string& message,
                     size_t max_bytes = kNoLimit) const {
    EXPECT_THAT(Read(entry, max_bytes),
                StatusIs(code, AllOf(HasSubstr(message), Not(HasSubstr(folder_.path().string())))))
        << entry;
  }
  FileMark MarkOf(const std::string& entry) const {
    const auto mark = Folder::Open(folder_.Path(""))->Mark(entry);
    EXPECT_THAT(mark, IsOk()) << entry;
    return mark.ok() ? *mark : FileMark{};
  }

  TemporaryFolder folder_;
};

TEST_F(FolderTest, GivesEveryByteOfAFile) {
  const std::string content("a\0b\n\xff", 5);
  folder_.Write("file", content);
  EXPECT_THAT(Read("file"), IsOkAndHolds(content));
}

TEST_F(FolderTest, GivesNothingOfAnEmptyFile) {
  folder_.Write("empty", "");
  EXPECT_THAT(Read("empty", 0), IsOkAndHolds(std::string()));
}

TEST_F(FolderTest, TakesAsManyBytesAsTheLimitAndNotOneMore) {
  folder_.Write("file", "12345");
  EXPECT_THAT(Read("file", 5), IsOkAndHolds(std::string("12345")));
  ExpectRefused("file", Code::kResourceExhausted, "5 bytes, want at most 4", 4);
}

TEST_F(FolderTest, MissesAMissingFile) { ExpectRefused("none", Code::kNotFound, "no such file"); }

TEST_F(FolderTest, TakesNamesAndNoPaths) {
  folder_.Write("below/file", "12345");
  for (const std::string& path :
       {std::string("below/file"), std::string("/etc/passwd"), std::string(".."), std::string("."),
        std::string(), std::string("file\0", 5), std::string(256, 'x')}) {
    ExpectRefused(path, Code::kInvalidArgument, "is not the name of an entry of the folder");
  }
}

TEST_F(FolderTest, ReadsNoFolder) {
  folder_.MakeFolder("folder");
  ExpectRefused("folder", Code::kInvalidArgument, "is not a regular file");
}

TEST_F(FolderTest, FollowsLinksThatEndBeneathTheTop) {
  folder_.Write("top/file", "12345");
  folder_.Write("secret", "67890");
  std::filesystem::create_directory(folder_.Path("top/below"));
  std::filesystem::create_symlink("../file", folder_.path() / "top/below/link");
  std::filesystem::create_symlink("../../secret", folder_.path() / "top/below/out");
  const auto below = Folder::Open(folder_.Path("top"))->OpenFolder("below");
  EXPECT_THAT(TextIn(*below, "link"), IsOkAndHolds(std::string("12345")));
  EXPECT_EQ(below->Mark("link")->bytes, 5u);
  const char* const why = "is a symbolic link that leads out of the repository";
  EXPECT_THAT(TextIn(*below, "out"), StatusIs(Code::kInvalidArgument, why));
  EXPECT_THAT(below->Mark("out"), StatusIs(Code::kInvalidArgument, why));
}

TEST_F(FolderTest, SaysWhenALinkLeadsToNothing) {
  std::filesystem::create_symlink("nothing", folder_.path() / "link");
  std::filesystem::create_symlink("circle", folder_.path() / "circle");
  ExpectRefused("link", Code::kInvalidArgument, "is a symbolic link that leads to nothing");
  ExpectRefused("circle", Code::kInvalidArgument, "is a symbolic link that leads in a circle");
}

TEST_F(FolderTest, OfASnapshotReachesItsCacheAndNoFurther) {
  folder_.Write("cache/blobs/abc", "12345");
  folder_.Write("secret", "67890");
  std::filesystem::create_directories(folder_.Path("cache/snapshots/1/onnx"));
  const auto link = [&](const char* to, const char* from) {
    std::filesystem::create_symlink(to, folder_.path() / "cache/snapshots/1" / from);
  };
  link("../../blobs/abc", "file");
  link("../../../blobs/abc", "onnx/file");
  link("../../../secret", "out");
  const auto snapshot = Folder::Open(folder_.Path("cache/snapshots/1"));
  EXPECT_THAT(TextIn(*snapshot, "file"), IsOkAndHolds(std::string("12345")));
  EXPECT_THAT(TextIn(*snapshot, "out"), StatusIs(Code::kInvalidArgument, HasSubstr("leads out")));
  EXPECT_THAT(TextIn(*snapshot->OpenFolder("onnx"), "file"), IsOk());
  EXPECT_THAT(TextIn(*Folder::Open(folder_.Path("cache/snapshots/1/onnx")), "file"), IsOk());
}

TEST_F(FolderTest, RefusesANamedPipeWithoutWaitingForAWriter) {
  ASSERT_EQ(mkfifo(folder_.Path("pipe").c_str(), 0600), 0);
  ExpectRefused("pipe", Code::kInvalidArgument, "is not a regular file");
}

TEST_F(FolderTest, RefusesADevice) {
  EXPECT_THAT(TextIn(*Folder::Open("/dev"), "zero"),
              StatusIs(Code::kInvalidArgument, HasSubstr("is not a regular file")));
}

TEST_F(FolderTest, RefusesHardLinksWhereItShall) {
  folder_.Write("secret", "12345");
  std::filesystem::create_hard_link(folder_.Path("secret"), folder_.Path("weights"));
  EXPECT_THAT(Read("weights"), IsOkAndHolds(std::string("12345")));
  EXPECT_THAT(Read("weights", kNoLimit, Folder::HardLinks::kRefused),
              StatusIs(Code::kInvalidArgument, HasSubstr("has 2 hard links, want 1")));
  std::filesystem::remove(folder_.Path("secret"));
  EXPECT_THAT(Read("weights", kNoLimit, Folder::HardLinks::kRefused), IsOk());
}

TEST_F(FolderTest, OpensFoldersBelowAndNothingElse) {
  folder_.Write("below/file", "12345");
  folder_.Write("file", "12345");
  std::filesystem::create_symlink("below", folder_.path() / "link");
  const auto folder = Folder::Open(folder_.Path(""));
  ASSERT_THAT(folder, IsOk());
  const auto below = folder->OpenFolder("below");
  ASSERT_THAT(below, IsOk());
  EXPECT_THAT(TextIn(*below, "file"), IsOkAndHolds(std::string("12345")));
  EXPECT_THAT(folder->OpenFolder("none"), StatusIs(Code::kNotFound, "no such folder"));
  EXPECT_THAT(folder->OpenFolder("file"), StatusIs(Code::kInvalidArgument, "is not a folder"));
  EXPECT_THAT(TextIn(*folder->OpenFolder("link"), "file"), IsOk());
  EXPECT_THAT(below->OpenFolder(".."), StatusIs(Code::kInvalidArgument, HasSubstr("the name")));
}

// Whoever turns a folder into a link between two steps gains nothing.
TEST_F(FolderTest, KeepsToTheFolderThatWasOpened) {
  folder_.Write("real/file", "inside");
  folder_.Write("outside/file", "outside");
  const auto real = Folder::Open(folder_.Path("real"));
  std::filesystem::rename(folder_.Path("real"), folder_.Path("moved"));
  std::filesystem::create_symlink("outside", folder_.path() / "real");
  EXPECT_THAT(TextIn(*real, "file"), IsOkAndHolds(std::string("inside")));
}

TEST_F(FolderTest, MayItselfBeReachedThroughALink) {
  folder_.Write("real/file", "12345");
  std::filesystem::create_symlink("real", folder_.path() / "link");
  EXPECT_THAT(TextIn(*Folder::Open(folder_.Path("link")), "file"), IsOk());
}

TEST_F(FolderTest, MustBeThere) {
  folder_.Write("file", "");
  EXPECT_THAT(Folder::Open(folder_.Path("none")), StatusIs(Code::kNotFound, "no such folder"));
  EXPECT_THAT(Folder::Open(folder_.Path("file")),
              StatusIs(Code::kInvalidArgument, "is not a folder"));
}

TEST_F(FolderTest, ListsFoldersAndFilesInOrderAndNothingElse) {
  for (const char* entry : {"b/x", "a/x", "2", "10", ".hidden"}) folder_.Write(entry, "text");
  std::filesystem::create_symlink("a", folder_.path() / "c");
  std::filesystem::create_symlink("2", folder_.path() / "3");
  std::filesystem::create_symlink("nowhere", folder_.path() / "d");
  const auto folder = Folder::Open(folder_.Path(""));
  EXPECT_THAT(folder->Folders(), IsOkAndHolds(ElementsAre("a", "b", "c", "d")));
  EXPECT_THAT(folder->Files(), IsOkAndHolds(ElementsAre(
                                   Field(&FileMark::name, ".hidden"), Field(&FileMark::name, "10"),
                                   Field(&FileMark::name, "2"), Field(&FileMark::name, "3"))));
}

TEST_F(FolderTest, KnowsWhetherAnEntryIsThereBeItALinkToNowhere) {
  folder_.Write("file", "");
  std::filesystem::create_symlink("nowhere", folder_.path() / "link");
  const auto folder = Folder::Open(folder_.Path(""));
  EXPECT_TRUE(folder->Has("file"));
  EXPECT_TRUE(folder->Has("link"));
  EXPECT_FALSE(folder->Has("none"));
  EXPECT_FALSE(folder->Has(".."));
}

TEST_F(FolderTest, MarksStayTheSameUntilTheFileChanges) {
  folder_.Write("file", "12345");
  const FileMark before = MarkOf("file");
  EXPECT_EQ(before.bytes, 5u);
  EXPECT_EQ(MarkOf("file"), before);
  folder_.Write("file", "123456");
  EXPECT_NE(MarkOf("file"), before) << "another size";
  folder_.Write("copy", "12345");
  std::filesystem::rename(folder_.Path("copy"), folder_.Path("file"));
  EXPECT_NE(MarkOf("file"), before) << "another file of the same size";
}

TEST_F(FolderTest, MarksRegularFilesOnly) {
  folder_.MakeFolder("folder");
  const auto folder = Folder::Open(folder_.Path(""));
  EXPECT_THAT(folder->Mark("folder"), StatusIs(Code::kInvalidArgument, "is not a regular file"));
  EXPECT_THAT(folder->Mark("none"), StatusIs(Code::kNotFound, "no such file"));
}

}  // namespace
}  // namespace hillock::repository
