// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/serving_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/status_matchers.h"

namespace hillock::repository {
namespace {

using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

const ServingOptions kDefaults{.compute = {.backend = Backend::kFallback}};

TEST(ReadServingOptions, KeepsTheDefaultsOfWhatIsLeftOut) {
  EXPECT_THAT(ReadServingOptions("", kDefaults), IsOkAndHolds(kDefaults));
  EXPECT_THAT(ReadServingOptions("# nothing but a comment\n", kDefaults), IsOkAndHolds(kDefaults));
}

TEST(ReadServingOptions, TakesEveryBackend) {
  const auto backend = [](const std::string& name) {
    return ReadServingOptions("backend: \"" + name + "\"", kDefaults)->compute.backend;
  };
  EXPECT_EQ(backend("onednn"), Backend::kOneDnn);
  EXPECT_EQ(backend("fallback"), Backend::kFallback);
  EXPECT_EQ(backend("auto"), std::nullopt);
}

TEST(ReadServingOptions, TakesNonFiniteInputs) {
  EXPECT_TRUE(ReadServingOptions("allow_non_finite: true", {})->compute.allow_non_finite);
  EXPECT_FALSE(ReadServingOptions("allow_non_finite: false", {})->compute.allow_non_finite);
}

TEST(ReadServingOptions, TakesTheNamesOfOutputs) {
  EXPECT_THAT(ReadServingOptions("outputs: ['a', 'b']", {})->outputs,
              ::testing::ElementsAre("a", "b"));
  EXPECT_THAT(ReadServingOptions("outputs: 'a'", {})->outputs, ::testing::ElementsAre("a"));
}

TEST(ReadServingOptions, SwitchesRewritingEitherWay) {
  for (const bool by_default : {false, true}) {
    const ServingOptions defaults{.compute = {.rewrite = by_default}};
    EXPECT_EQ(ReadServingOptions("", defaults)->compute.rewrite, by_default);
    EXPECT_TRUE(ReadServingOptions("rewrite: true", defaults)->compute.rewrite);
    EXPECT_FALSE(ReadServingOptions("rewrite: false", defaults)->compute.rewrite);
  }
}

TEST(ReadServingOptions, TakesEveryVersionPolicy) {
  const auto versions = [](const std::string& text) {
    return ReadServingOptions("versions { " + text + " }", kDefaults)->versions;
  };
  EXPECT_EQ(ReadServingOptions("", kDefaults)->versions, (VersionPolicy{1, {}}));
  EXPECT_EQ(versions("latest: 3"), (VersionPolicy{3, {}}));
  EXPECT_EQ(versions("all: true"), (VersionPolicy{VersionPolicy::kAll, {}}));
  EXPECT_EQ(versions("specific: [4, 2]").specific, (std::vector<int64_t>{4, 2}));
}

TEST(ReadServingOptions, SetsThePrecisionOverTheDefault) {
  for (const Precision by_default : {Precision::kF32, Precision::kBf16}) {
    const ServingOptions defaults{.compute = {.precision = by_default}};
    EXPECT_EQ(ReadServingOptions("", defaults)->compute.precision, by_default);
    EXPECT_EQ(ReadServingOptions("precision: f32", defaults)->compute.precision, Precision::kF32);
    EXPECT_EQ(ReadServingOptions("precision: bf16", defaults)->compute.precision, Precision::kBf16);
  }
}

TEST(ReadServingOptions, TakesATolerance) {
  EXPECT_EQ(ReadServingOptions("", {})->compute.precision_tolerance, std::nullopt);
  EXPECT_EQ(ReadServingOptions("precision_tolerance: 0", {})->compute.precision_tolerance, 0);
  EXPECT_EQ(ReadServingOptions("precision_tolerance: 1.5e-3", {})->compute.precision_tolerance,
            1.5e-3);
}

TEST(ReadServingOptions, TakesLimitsUpToTheDefaults) {
  const ServingOptions defaults{.limits = {100, {1000, 5000, 2'500'000'000}}};
  const auto limits = [&](const std::string& text) {
    return ReadServingOptions(text, defaults)->limits;
  };
  EXPECT_EQ(limits(""), defaults.limits);
  EXPECT_EQ(limits("max_rows: 7 max_queue_rows: 8 max_queue_bytes: 9 max_queue_seconds: 0.01"),
            (RequestLimits{7, {8, 9, 10'000'000}}));
  EXPECT_EQ(limits("max_rows: 1 max_queue_rows: 1 max_queue_bytes: 1 max_queue_seconds: 1e-9"),
            (RequestLimits{1, {1, 1, 1}}));
  EXPECT_EQ(limits("max_rows: 100 max_queue_rows: 1000 max_queue_bytes: 5000 "
                   "max_queue_seconds: 2.5"),
            defaults.limits);
}

struct BadText {
  std::string text;
  std::string message;
};

TEST(ReadServingOptions, SaysWhereItMakesNoSense) {
  const BadText table[] = {
      {"\n backend: \"cuda\"",
       "line 2, column 2: got backend 'cuda', want auto, onednn or fallback"},
      {"precision: f16",
       "line 1, column 12: Unknown enumeration value of \"f16\" for field \"precision\". Want f32 "
       "or "
       "bf16."},
      {"# ours\n  precision: BF16  # theirs\n\nrewrite: true",
       "line 2, column 14: Unknown enumeration value of \"BF16\""},
      {"precision: f32 precision: bf16",
       "line 1, column 25: Non-repeated field \"precision\" is specified multiple times."},
      {"precision: \"bf16\"", "line 1, column 12: Expected integer or identifier"},
      {"# ours\nprecision: 7", "line 2, column 1: got precision 7, want f32 or bf16"},
      {"precision: -1", "line 1, column 1: got precision -1, want f32 or bf16"},
      {"\n  precision_tolerance: -0.5",
       "line 2, column 3: got precision_tolerance -0.5, want 0 or a positive number"},
      {"precision_tolerance: nan", "line 1, column 1: got precision_tolerance nan, want 0 or"},
      {"precision_tolerance: inf", "line 1, column 1: got precision_tolerance inf, want 0 or"},
      {"precision_tolerance: much", "line 1, column 22: "},
      {"backend: 1", "line 1, column 10: "},
      {"\n versions {}",
       "line 2, column 2: versions: want one of 'latest: N', 'all: true' and 'specific: [N, ...]'"},
      {"versions { latest: 0 }", "versions: want one of "},
      {"versions { latest: 2 all: true }", "versions: want one of "},
      {"versions { all: false specific: 1 latest: 1 }", "versions: want one of "},
      {"versions { specific: [1, 0] }", "versions: got version 0, want 1 or more"},
      {"versions { latest: -1 }", "line 1, column 20: "},
      {"versions: 3", "line 1, column 11: "},
      {"max_rows: 0", "line 1, column 1: got max_rows 0, want 1 to 65536, the server's own bound"},
      {"\n\n  max_rows: 65537", "line 3, column 3: got max_rows 65537, want 1 to 65536"},
      {"max_rows: -1", "line 1, column 11: "},
      {"max_rows: 1.5", "line 1, column 11: "},
      {"max_rows: 99999999999999999999", "line 1, column 11: "},
      {"max_rows: 7 max_rows: 7", "line 1, column 21: Non-repeated field \"max_rows\""},
      {"max_queue_rows: 0", "line 1, column 1: got max_queue_rows 0, want 1 to 1048576"},
      {"max_queue_rows: 1048577", "got max_queue_rows 1048577, want 1 to 1048576"},
      {"max_rows: 7\nmax_queue_bytes: 0",
       "line 2, column 1: got max_queue_bytes 0, want 1 to 268435456"},
      {"max_queue_bytes: 268435457", "got max_queue_bytes 268435457, want 1 to 268435456"},
      {"max_queue_seconds: 0",
       "line 1, column 1: got max_queue_seconds 0, want more than 0 and at most 1, the server's"},
      {"max_queue_seconds: -0.5", "got max_queue_seconds -0.5, want more than 0"},
      {"max_queue_seconds: 1.001", "got max_queue_seconds 1.001, want more than 0 and at most 1"},
      {"max_queue_seconds: nan", "got max_queue_seconds nan, want more than 0"},
      {"max_queue_seconds: inf", "got max_queue_seconds inf, want more than 0"},
      {"max_queue_seconds: long", "line 1, column 20: "},
      {"\n\n  colour: \"red\"", "line 3, column 9: "},
      {"allow_non_finite: maybe", "line 1, column 24: "},
      {"backend: \"auto", "line 1, column "},
      {"backend {", "line 1, column "},
      {std::string("backend: \"auto\"\0", 16), "line 1, column "},
  };
  for (const BadText& bad : table) {
    EXPECT_THAT(ReadServingOptions(bad.text, {}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(bad.message)))
        << bad.text;
  }
}

}  // namespace
}  // namespace hillock::repository
