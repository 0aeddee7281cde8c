#include "server/model/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace hillock::model {
namespace {

using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;
using ::hillock::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr size_t kNoLimit = 1 << 20;

class ReadFileTest : public ::testing::Test {
 protected:
  void ExpectRefused(const std::string& entry, absl::StatusCode code, const std::string& message,
                     size_t max_bytes = kNoLimit) const {
    EXPECT_THAT(ReadFile(folder_.Path(entry), max_bytes),
                StatusIs(code, AllOf(HasSubstr(message), Not(HasSubstr(folder_.path().string())))));
  }

  TemporaryFolder folder_;
};

TEST_F(ReadFileTest, GivesEveryByte) {
  const std::string content("a\0b\n\xff", 5);
  folder_.Write("file", content);
  EXPECT_THAT(ReadFile(folder_.Path("file"), kNoLimit), IsOkAndHolds(content));
}

TEST_F(ReadFileTest, GivesNothingOfAnEmptyFile) {
  folder_.Write("empty", "");
  EXPECT_THAT(ReadFile(folder_.Path("empty"), 0), IsOkAndHolds(std::string()));
}

TEST_F(ReadFileTest, TakesAsManyBytesAsTheLimitAndNotOneMore) {
  folder_.Write("file", "12345");
  EXPECT_THAT(ReadFile(folder_.Path("file"), 5), IsOkAndHolds(std::string("12345")));
  ExpectRefused("file", absl::StatusCode::kResourceExhausted, "5 bytes, want at most 4", 4);
}

TEST_F(ReadFileTest, MissesAMissingFile) {
  ExpectRefused("none", absl::StatusCode::kNotFound, "no such file");
  ExpectRefused("no/folder/none", absl::StatusCode::kNotFound, "no such file");
}

TEST_F(ReadFileTest, RefusesAFolder) {
  folder_.MakeFolder("folder");
  ExpectRefused("folder", absl::StatusCode::kInvalidArgument, "is not a regular file");
}

TEST_F(ReadFileTest, RefusesASymbolicLinkEvenToAGoodFile) {
  folder_.Write("file", "12345");
  std::filesystem::create_symlink("file", folder_.path() / "link");
  ExpectRefused("link", absl::StatusCode::kInvalidArgument, "is a symbolic link");
}

TEST_F(ReadFileTest, RefusesANamedPipeWithoutWaitingForAWriter) {
  ASSERT_EQ(mkfifo(folder_.Path("pipe").c_str(), 0600), 0);
  ExpectRefused("pipe", absl::StatusCode::kInvalidArgument, "is not a regular file");
}

TEST_F(ReadFileTest, RefusesADevice) {
  EXPECT_THAT(ReadFile("/dev/zero", kNoLimit),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is not a regular file")));
}

TEST_F(ReadFileTest, RefusesAFileUsedAsAFolder) {
  folder_.Write("file", "12345");
  ExpectRefused("file/below", absl::StatusCode::kInvalidArgument, "cannot be opened");
}

}  // namespace
}  // namespace hillock::model
