// SPDX-License-Identifier: Apache-2.0
#include "client/load/expected_rows.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "client/api/tensor.h"
#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

// An answer of two rows: y in FP32 [2, 2] and a label each.
inference::ModelInferResponse Answer(const std::vector<float>& y,
                                     const std::vector<std::string>& labels) {
  inference::ModelInferResponse answer;
  auto& floats = *answer.add_outputs();
  floats.set_name("y");
  floats.set_datatype("FP32");
  floats.add_shape(2);
  floats.add_shape(2);
  answer.add_raw_output_contents(EncodeFloats(y));
  auto& strings = *answer.add_outputs();
  strings.set_name("label");
  strings.set_datatype("BYTES");
  strings.add_shape(2);
  std::string& raw = *answer.add_raw_output_contents();
  const std::vector<float> positions = {0, 1};
  EncodeElements(positions, model::Datatype::kBytes, labels, raw);
  return answer;
}

// Three rows: (1, 2, a), (3, 4, b), (5, 6, a).
ExpectedRows Expected() {
  return {{{"y", 2}, {"label", 1, ElementKind::kString}},
          {.width = 3, .values = {1, 2, 0, 3, 4, 1, 5, 6, 0}, .labels = {}, .words = {"a", "b"}}};
}

absl::Status Check(const ExpectedRows& expected,
                   const std::vector<inference::ModelInferResponse>& answers) {
  return CheckExpected(expected, 2, answers);
}

TEST(CheckExpected, PassesWhatIsExpectedOfEachRow) {
  EXPECT_THAT(Check(Expected(),
                    {Answer({1, 2, 3, 4}, {"a", "b"}), Answer({5, 6, 1.000005f, 2}, {"a", "a"})}),
              IsOk());
}

TEST(CheckExpected, NamesTheRowThatDiffers) {
  EXPECT_THAT(
      Check(Expected(), {Answer({1, 2, 3, 4}, {"a", "b"}), Answer({5, 7, 1, 2}, {"a", "a"})}),
      StatusIs(Code::kDataLoss, HasSubstr("row 2, output 'y', column 1: got 7, want 6")));
  EXPECT_THAT(
      Check(Expected(), {Answer({1, 2, 3, 4}, {"a", "a"})}),
      StatusIs(Code::kDataLoss, HasSubstr("row 1, output 'label', column 0: got 'a', want 'b'")));
}

TEST(CheckExpected, LooksAtNoOutputThatTheRowsDoNotHave) {
  ExpectedRows expected = Expected();
  expected.rows.absent = {0, 1};
  EXPECT_THAT(Check(expected, {Answer({1, 2, 3, 4}, {"x", "y"})}), IsOk());
}

TEST(CheckExpected, MissesAnOutput) {
  ExpectedRows expected = Expected();
  expected.outputs.push_back({"z", 1});
  expected.rows.absent = {1, 1, 0};
  EXPECT_THAT(Check(expected, {Answer({1, 2, 3, 4}, {"a", "b"})}),
              StatusIs(Code::kDataLoss, HasSubstr("output 'z' is not in the answer")));
}

}  // namespace
}  // namespace hillock::client
