// SPDX-License-Identifier: Apache-2.0
#include "client/results/load_page.h"

#include <gmock/gmock.h>

#include <string>

#include "tests/unit/client/results/sample_loads.h"

namespace hillock::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr size_t kMostBytes = 150'000;

// Whatever a browser would fetch, run or report.
auto IsSelfContained() {
  return AllOf(Not(HasSubstr("http")), Not(HasSubstr("<script")), Not(HasSubstr("@import")),
               Not(HasSubstr("url(")), Not(HasSubstr("src=")));
}

TEST(LoadPageTest, ShowsWhatWasMeasured) {
  const std::string page = LoadPage(SummaryOf(SampleReport()));
  EXPECT_THAT(page, IsSelfContained());
  EXPECT_LT(page.size(), kMostBytes);
  for (const char* const title :
       {"Throughput and latency", "Distribution of latencies", "Percentiles", "Latency over time",
        "Rate over time", "In the server over time", "Share of every activation",
        "How it was measured"}) {
    EXPECT_THAT(page, HasSubstr(title));
  }
  EXPECT_THAT(page,
              AllOf(HasSubstr("hillock load digits"), HasSubstr("a machine"), HasSubstr("isa avx2"),
                    HasSubstr("relu (onednn)"), HasSubstr("75.0%"), HasSubstr("1 UNAVAILABLE")));
}

TEST(LoadPageTest, NamesAreNoMarkup) {
  const std::string page = LoadPage(SummaryOf(SampleReport()));
  EXPECT_THAT(page, AllOf(HasSubstr("Load of &lt;digits&gt;"), Not(HasSubstr("<digits>"))));
}

TEST(LoadPageTest, FollowsLightAndDark) {
  EXPECT_THAT(LoadPage(SummaryOf(SampleReport())),
              AllOf(HasSubstr("color-scheme:light dark"), HasSubstr("prefers-color-scheme:dark")));
}

TEST(LoadPageTest, ShowsOnlyWhatThereIs) {
  LoadReport report = SampleReport();
  report.runs.resize(1);
  const std::string page = LoadPage(SummaryOf(report));
  for (const char* const title : {"Throughput and latency", "In the server", "Share of every"}) {
    EXPECT_THAT(page, Not(HasSubstr(title)));
  }
}

TEST(LoadPageTest, StaysSmallWhateverWasRun) {
  LoadReport report = SampleReport();
  LoadRun run = SampleRun(1, {});
  for (Nanos i = 0; i < 200'000; ++i) {
    const Nanos latency = 1'000 + i * i;
    run.tally.Record(absl::StatusCode::kOk, latency, true, "");
    run.tally.RecordMoment(i * kMillisecond, absl::StatusCode::kOk, latency);
  }
  run.tally.RecordElapsed(200 * kSecond);
  for (int i = 0; i < 120; ++i) run.server_line.push_back({1.0 * i, 1000, 1e-4, 2e-4, 3e-4, 4e-4});
  for (size_t i = 0; i < 30; ++i) report.runs.push_back(run);
  const std::string page = LoadPage(SummaryOf(report));
  EXPECT_LT(page.size(), kMostBytes);
  EXPECT_THAT(page, HasSubstr("The last 4 of 32 runs in full"));
}

TEST(LoadPageTest, SaysWhatASearchFound) {
  LoadReport report = SampleReport();
  report.search = SearchResult{0.002, 1500};
  EXPECT_THAT(LoadPage(SummaryOf(report)), HasSubstr("within 2 ms: <b>1,500 requests/s</b>"));
  report.search->found = 0;
  EXPECT_THAT(LoadPage(SummaryOf(report)), HasSubstr("within 2 ms: <b>none was found</b>"));
}

TEST(ComparePageTest, ShowsBothLoads) {
  const LoadSummary before = SummaryOf(SampleReport(), "a.json");
  const LoadSummary after = SummaryOf(SampleReport(), "b.json");
  const auto changes = CompareLoads(before, after);
  ASSERT_TRUE(changes.ok());
  const std::string page = ComparePage(before, after, *changes);
  EXPECT_THAT(page, IsSelfContained());
  EXPECT_THAT(page, AllOf(HasSubstr("a.json before, b.json after"), HasSubstr("a.json p99"),
                          HasSubstr("b.json p99"), HasSubstr("same within noise")));
}

}  // namespace
}  // namespace hillock::client
