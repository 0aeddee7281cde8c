// SPDX-License-Identifier: Apache-2.0
#include "client/results/compare.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/unit/client/results/sample_loads.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(NoiseTest, IsTwoStandardErrors) {
  EXPECT_EQ(NoiseOf(std::vector<double>(10, 5)), 0);
  // The mean is 10, the variance 4/3 of four values, the standard error sqrt(1/3).
  EXPECT_NEAR(NoiseOf(std::vector<double>{9, 11, 9, 11}), 2 * std::sqrt(1.0 / 3) / 10, 1e-12);
}

TEST(NoiseTest, TakesNeighboursTogether) {
  std::vector<double> slow;
  for (int i = 0; i < 100; ++i) slow.push_back(i < 50 ? 9 : 11);
  std::vector<double> fast;
  for (int i = 0; i < 100; ++i) fast.push_back(i % 2 == 0 ? 9 : 11);
  EXPECT_NEAR(NoiseOf(fast), 0, 1e-12);
  EXPECT_GT(NoiseOf(slow), 0.05);
}

TEST(NoiseTest, IsUnknownOfLittle) {
  EXPECT_TRUE(std::isnan(NoiseOf({})));
  EXPECT_TRUE(std::isnan(NoiseOf(std::vector<double>{1, 1, 1})));
  EXPECT_TRUE(std::isnan(NoiseOf(std::vector<double>{1, 1, 1, kNaN})));
  EXPECT_FALSE(std::isnan(NoiseOf(std::vector<double>{1, 1, 1, kNaN, 1})));
}

LoadSummary OneRun(const std::vector<int>& rates, const char* source) {
  LoadReport report = SampleReport();
  report.runs = {SampleRun(1, rates)};
  return SummaryOf(report, source);
}

struct Case {
  std::vector<int> before;
  std::vector<int> after;
  Verdict verdict;  // on requests/s
};

TEST(CompareTest, JudgesByTheNoise) {
  const std::vector<int> quiet(10, 100);
  const std::vector<int> noisy{60, 140, 60, 140, 60, 140, 60, 140, 60, 140};
  const Case cases[] = {
      {quiet, quiet, Verdict::kSame},
      {quiet, std::vector<int>(10, 103), Verdict::kBetter},
      {quiet, std::vector<int>(10, 97), Verdict::kWorse},
      {noisy, std::vector<int>(10, 103), Verdict::kSame},
  };
  for (const Case& c : cases) {
    const auto changes = CompareLoads(OneRun(c.before, "a"), OneRun(c.after, "b"));
    ASSERT_THAT(changes, IsOk());
    EXPECT_EQ(changes->front().figure, "requests/s");
    EXPECT_EQ(VerdictText(changes->front().verdict), VerdictText(c.verdict))
        << ::testing::PrintToString(c.before) << ::testing::PrintToString(c.after);
  }
}

TEST(CompareTest, KnowsNoNoiseWithoutATimeline) {
  const LoadSummary before = OneRun(std::vector<int>(10, 100), "a");
  LoadSummary after = before;
  after.runs[0].timeline = TimelineFigures();
  const auto changes = CompareLoads(before, after);
  ASSERT_THAT(changes, IsOk());
  EXPECT_EQ(changes->front().verdict, Verdict::kUnknown);
}

TEST(CompareTest, LessLatencyIsBetter) {
  LoadSummary before = OneRun(std::vector<int>(10, 100), "a");
  LoadSummary after = before;
  for (LoadSummary* const one : {&before, &after}) {
    one->runs[0].timeline.p99.assign(10, 1e-3);
  }
  after.runs[0].latency["p99"] /= 2;
  const auto changes = CompareLoads(before, after);
  ASSERT_THAT(changes, IsOk());
  ASSERT_EQ((*changes)[2].figure, "p99");
  EXPECT_EQ((*changes)[2].verdict, Verdict::kBetter);
}

TEST(CompareTest, WantsRunsThatBothHave) {
  LoadReport other = SampleReport();
  for (LoadRun& run : other.runs) run.outstanding = 64;
  EXPECT_THAT(CompareLoads(SummaryOf(SampleReport(), "a"), SummaryOf(other, "b")),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("'a' and 'b' have no run with the same rate")));
}

TEST(CompareTextTest, SaysWhatChanged) {
  LoadReport other = SampleReport();
  other.origin.machine = "another machine";
  const LoadSummary before = SummaryOf(SampleReport(), "a.json");
  const LoadSummary after = SummaryOf(other, "b.json");
  const auto changes = CompareLoads(before, after);
  ASSERT_THAT(changes, IsOk());
  const std::string text = CompareText(before, after, *changes);
  EXPECT_THAT(text, HasSubstr("before: a.json (<digits>)\nafter:  b.json (<digits>)\n"));
  EXPECT_THAT(text, HasSubstr("machine: a machine before, another machine after\n"));
  EXPECT_THAT(text, HasSubstr("+0.0%"));
  EXPECT_THAT(text, HasSubstr("0 worse"));
}

}  // namespace
}  // namespace hillock::client
