// SPDX-License-Identifier: Apache-2.0
#include "client/rows/rows.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "client/rows/file.h"
#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// A file with `content` that lives as long as this object.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& name, const std::string& content)
      : path_(std::filesystem::path(::testing::TempDir()) /
              (std::to_string(::getpid()) + "-" + name)) {
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

Rows Sample() { return {2, {1, 2, 3, 4, 5, 6}, {"a", "b", "c"}}; }

TEST(ParseRowsTest, ChoosesByContentAndExtension) {
  const std::pair<const char*, const char*> cases[] = {
      {"rows.csv", "1,2\n"},  {"rows.CSV", "1,2\n"},
      {"rows.json", "[1,2]"}, {"-", "[[1,2]]"},
      {"-", " \n [1, 2]"},    {"-", "1,2\n"},
      {"rows", "1 2\n"},      {"a.b/rows", "1;2"},
      {"rows.data", "[1,2]"}, {"-", "{\"inputs\":[{\"data\":[1,2]}]}"}};
  for (const auto& [path, content] : cases) {
    const auto rows = ParseRows(content, path, {2, {}});
    ASSERT_THAT(rows, IsOk()) << path << ": " << content;
    EXPECT_THAT(rows->values, ElementsAre(1, 2)) << path << ": " << content;
  }
}

TEST(ParseRowsTest, ErrorsNameTheInput) {
  EXPECT_THAT(ParseRows("[1,2]", "rows.csv", {2, {}}),
              StatusIs(kInvalid, HasSubstr("rows.csv: no rows")));
  EXPECT_THAT(ParseRows("1,2\n3,x", "-", {2, {}}),
              StatusIs(kInvalid, HasSubstr("standard input: row 1")));
  EXPECT_THAT(ParseRows("1,2", "rows.json", {2, {}}),
              StatusIs(kInvalid, HasSubstr("rows.json: parse error")));
  EXPECT_THAT(ParseRows("1,2", "rows.npy", {2, {}}),
              StatusIs(kInvalid, HasSubstr("rows.npy: it does not")));
  EXPECT_THAT(ParseRows("PK\x03\x04", "rows.npz", {2, {}}),
              StatusIs(kInvalid, HasSubstr("rows.npz: got a zip archive, such as an NPZ, want")));
}

TEST(ParseRowsTest, NoRowsIsAnError) {
  for (const char* content : {"", "\n", "a,b\n", "[]"}) {
    EXPECT_THAT(ParseRows(content, "-", {2, {}}), StatusIs(kInvalid, HasSubstr("no rows in it")))
        << content;
  }
}

TEST(ReadRowsTest, ReadsAFile) {
  const TemporaryFile file("rows.csv", "1,2\n3,4\n");
  EXPECT_EQ(ReadRows(file.path(), {2, {}})->count(), 2u);
}

TEST(ReadRowsTest, AMissingFileOrAFolderIsAnError) {
  EXPECT_THAT(ReadRows("/nowhere/rows.csv", {2, {}}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/nowhere/rows.csv")));
  EXPECT_FALSE(ReadRows("/", {2, {}}).ok());
}

TEST(ReadWholeTest, StopsAtTheLimit) {
  const TemporaryFile file("large", std::string(1000, 'x'));
  EXPECT_EQ(ReadWhole(file.path(), 1000)->size(), 1000u);
  EXPECT_THAT(ReadWhole(file.path(), 999),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("more than 999 bytes")));
}

TEST(WriteWholeTest, WritesWhatReadWholeReads) {
  const TemporaryFile file("saved", "older and longer");
  ASSERT_THAT(WriteWhole(file.path(), "new"), IsOk());
  EXPECT_EQ(*ReadWhole(file.path()), "new");
  EXPECT_FALSE(WriteWhole("/nowhere/saved", "new").ok());
}

TEST(ReadLabelsTest, SetsOneLabelARow) {
  Rows rows = Sample();
  ASSERT_THAT(ReadLabels(TemporaryFile("labels.csv", "label\nx\ny\nz\n").path(), rows), IsOk());
  EXPECT_THAT(rows.labels, ElementsAre("x", "y", "z"));
}

TEST(ReadLabelsTest, WantsAsManyAsThereAreRows) {
  Rows rows = Sample();
  const TemporaryFile file("labels.csv", "label\nx\n");
  EXPECT_THAT(ReadLabels(file.path(), rows), StatusIs(kInvalid, HasSubstr("got 1 labels, want 3")));
}

TEST(SliceTest, CutsRowsAndLabelsAlike) {
  const Rows middle = Slice(Sample(), 1, 1);
  EXPECT_THAT(middle.values, ElementsAre(3, 4));
  EXPECT_THAT(middle.labels, ElementsAre("b"));
  EXPECT_EQ(Slice(Sample(), 2, 100).count(), 1u);
  EXPECT_THAT(Slice(Sample(), 3, 1).values, IsEmpty());
  EXPECT_THAT(Slice(Sample(), 99, 1).labels, IsEmpty());
}

}  // namespace
}  // namespace hillock::client
