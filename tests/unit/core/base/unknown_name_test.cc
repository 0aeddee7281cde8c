// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/unknown_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hillock {
namespace {

const std::vector<std::string> kKnown = {"predict", "models", "load", "--repository", "--listen"};
constexpr ForeignName kForeign[] = {{"--port", "--listen"},
                                    {"--model-store", "--repository"},
                                    {"--http-port", "", "there is only gRPC"}};

struct Case {
  const char* name;
  const char* nearest;
};

TEST(NearestTest, FindsWhatIsMeant) {
  constexpr Case kCases[] = {
      {"predct", "predict"},
      {"perdict", "predict"},
      {"preditc", "predict"},
      {"predicts", "predict"},
      {"predict", "predict"},
      {"model", "models"},
      {"laod", "load"},
      {"--lisen", "--listen"},
      {"--repositroy", "--repository"},
      {"--repo", ""},
      {"", ""},
      {"x", ""},
      {"infer", ""},
      {"oald", ""},
      {"--help", ""},
  };
  for (const Case& c : kCases) EXPECT_EQ(Nearest(c.name, kKnown), c.nearest) << c.name;
}

TEST(NearestTest, TakesTheFirstOfTwoThatAreAsNear) {
  const std::vector<std::string> known = {"abcd1", "abcd2"};
  EXPECT_EQ(Nearest("abcd3", known), "abcd1");
}

TEST(NearestTest, LooksForNothingLikeALongName) {
  const std::vector<std::string> known = {std::string(100'000, 'x')};
  EXPECT_EQ(Nearest(known[0], known), "");
}

TEST(ExplainUnknownTest, NamesOurs) {
  EXPECT_EQ(ExplainUnknown("option", "--port", kForeign, kKnown),
            "unknown option '--port': did you mean --listen?");
  EXPECT_EQ(ExplainUnknown("option", "--http_port", kForeign, kKnown),
            "unknown option '--http_port': there is only gRPC");
  EXPECT_EQ(ExplainUnknown("command", "predct", kForeign, kKnown),
            "unknown command 'predct': did you mean predict?");
  EXPECT_EQ(ExplainUnknown("option", "--colour", kForeign, kKnown), "unknown option '--colour'");
}

}  // namespace
}  // namespace hillock
