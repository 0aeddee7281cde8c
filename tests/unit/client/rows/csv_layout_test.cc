// SPDX-License-Identifier: Apache-2.0
#include "client/rows/csv_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "client/rows/csv_rows.h"
#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// age, town and two of x.
RowsOptions ThreeInputs(std::string_view label = "") {
  RowsOptions options{.width = 4, .label_column = LabelColumn::FromFlag(label)};
  options.inputs = {{"age", 1, ElementKind::kInteger, true},
                    {"town", 1, ElementKind::kString, true},
                    {"x", 2, ElementKind::kNumber, true}};
  return options;
}

RowsOptions OneInput(size_t width) {
  RowsOptions options{.width = width};
  options.inputs = {{"x", width}};
  return options;
}

Rows Parsed(const std::string& text, const RowsOptions& options) {
  auto rows = ParseCsv(text, options);
  EXPECT_THAT(rows, IsOk()) << text;
  return rows.ok() ? *std::move(rows) : Rows{};
}

TEST(CsvColumns, GoByTheNamesOfTheInputsInAnyOrder) {
  const Rows rows = Parsed("x_1,town,age,x_0\n4,Ulm,30,3\n8,Bern,31,7\n5,Ulm,1,2\n", ThreeInputs());
  EXPECT_THAT(rows.values, ElementsAre(30, 0, 3, 4, 31, 1, 7, 8, 1, 0, 2, 5));
  EXPECT_THAT(rows.words, ElementsAre("Ulm", "Bern"));
  EXPECT_EQ(rows.note, "");
}

TEST(CsvColumns, LeaveOutWhatIsNoInput) {
  const Rows rows = Parsed(",age,color,town,x.0,x.1,label\n0,30,red,Ulm,3,4,yes\n", ThreeInputs());
  EXPECT_THAT(rows.values, ElementsAre(30, 0, 3, 4));
  EXPECT_THAT(rows.labels, ElementsAre("yes"));
  EXPECT_EQ(rows.note, "left out, as no input of the model: columns '', 'color'");
}

TEST(CsvColumns, TakeTheOnlyOtherForTheLabelIfItIsLast) {
  EXPECT_THAT(Parsed("age,town,x_0,x_1,kind\n30,Ulm,3,4,yes\n", ThreeInputs()).labels,
              ElementsAre("yes"));
  EXPECT_THAT(Parsed("kind,age,town,x_0,x_1\nyes,30,Ulm,3,4\n", ThreeInputs()).labels,
              ElementsAre());
  EXPECT_THAT(Parsed("kind,age,town,x_0,x_1\nyes,30,Ulm,3,4\n", ThreeInputs("kind")).labels,
              ElementsAre("yes"));
  EXPECT_THAT(Parsed("age,town,x_0,x_1,kind\n30,Ulm,3,4,yes\n", ThreeInputs("none")).labels,
              ElementsAre());
}

TEST(CsvColumns, MayBeWithoutAnInput) {
  const Rows rows = Parsed("town,age\nUlm,30\n", ThreeInputs());
  EXPECT_THAT(rows.values, ElementsAre(30, 0, 0, 0));
  EXPECT_THAT(rows.absent, ElementsAre(0, 0, 1));
}

TEST(CsvColumns, LieSideBySideWithoutNames) {
  EXPECT_THAT(Parsed("30,Ulm,3,4\n", ThreeInputs()).values, ElementsAre(30, 0, 3, 4));
  EXPECT_THAT(Parsed("a,b,c,d\n30,Ulm,3,4\n", ThreeInputs()).values, ElementsAre(30, 0, 3, 4));
  EXPECT_THAT(Parsed("30,Ulm,3,4,yes\n", ThreeInputs()).labels, ElementsAre("yes"));
}

TEST(CsvColumns, LeaveOutTheIndexOfPandas) {
  for (const char* name : {"", "Unnamed: 0"}) {
    const std::string begin = std::string(name) + ",a,b";
    const Rows plain = Parsed(begin + "\n0,5,6\n1,7,8\n", OneInput(2));
    EXPECT_THAT(plain.values, ElementsAre(5, 6, 7, 8));
    EXPECT_THAT(plain.labels, ElementsAre());
    EXPECT_EQ(plain.note, "left out, as the index that pandas writes: the first column");
    const Rows labelled = Parsed(begin + ",kind\n0,5,6,cat\n", OneInput(2));
    EXPECT_THAT(labelled.values, ElementsAre(5, 6));
    EXPECT_THAT(labelled.labels, ElementsAre("cat"));
  }
  EXPECT_THAT(Parsed(",b\n5,6\n", OneInput(2)).values, ElementsAre(5, 6)) << "none too many";
}

TEST(CsvColumns, HaveNanForWhatIsMissingBelowAHeader) {
  const Rows rows = Parsed("a,b\n1,\nNaN,2\n", OneInput(2));
  ASSERT_EQ(rows.values.size(), 4u);
  EXPECT_TRUE(std::isnan(rows.values[1]));
  EXPECT_TRUE(std::isnan(rows.values[2]));
}

TEST(CsvColumns, RefuseWhatAnInputCannotHold) {
  const auto refused = [](const std::string& text, const std::string& message) {
    EXPECT_THAT(ParseCsv(text, ThreeInputs()),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)))
        << text;
  };
  const std::string header = "age,town,x_0,x_1\n";
  refused(header + "3.5,Ulm,3,4\n",
          "row 0 (line 2), column 0 'age': got '3.5', want a whole number within 2^24");
  refused(header + ",Ulm,3,4\n", "column 0 'age': got '', want a whole number");
  refused(header + "99999999,Ulm,3,4\n", "want a whole number within 2^24");
  refused(header + "3,Ulm,x,4\n", "column 2 'x_0': got 'x', want a number");
  refused("30,Ulm\n", "line 1: got 2 columns, want 4 features");
}

}  // namespace
}  // namespace hillock::client
