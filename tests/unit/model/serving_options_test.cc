#include "server/model/serving_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/status_matchers.h"

namespace hillock::model {
namespace {

using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

constexpr ServingOptions kDefaults{.backend = Backend::kFallback};

TEST(ReadServingOptions, KeepsTheDefaultsOfWhatIsLeftOut) {
  EXPECT_THAT(ReadServingOptions("", kDefaults), IsOkAndHolds(kDefaults));
  EXPECT_THAT(ReadServingOptions("# nothing but a comment\n", kDefaults), IsOkAndHolds(kDefaults));
}

TEST(ReadServingOptions, TakesEveryBackend) {
  const auto backend = [](const std::string& name) {
    return ReadServingOptions("backend: \"" + name + "\"", kDefaults)->backend;
  };
  EXPECT_EQ(backend("onednn"), Backend::kOneDnn);
  EXPECT_EQ(backend("fallback"), Backend::kFallback);
  EXPECT_EQ(backend("auto"), std::nullopt);
}

TEST(ReadServingOptions, TakesNonFiniteInputs) {
  EXPECT_TRUE(ReadServingOptions("allow_non_finite: true", {})->allow_non_finite);
  EXPECT_FALSE(ReadServingOptions("allow_non_finite: false", {})->allow_non_finite);
}

TEST(ReadServingOptions, SwitchesRewritingEitherWay) {
  for (const bool by_default : {false, true}) {
    const ServingOptions defaults{.rewrite = by_default};
    EXPECT_EQ(ReadServingOptions("", defaults)->rewrite, by_default);
    EXPECT_TRUE(ReadServingOptions("rewrite: true", defaults)->rewrite);
    EXPECT_FALSE(ReadServingOptions("rewrite: false", defaults)->rewrite);
  }
}

struct BadText {
  std::string text;
  std::string message;
};

TEST(ReadServingOptions, SaysWhereItMakesNoSense) {
  const BadText table[] = {
      {"backend: \"cuda\"", "got backend 'cuda', want auto, onednn or fallback"},
      {"backend: 1", "line 1, column 10: "},
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
}  // namespace hillock::model
