// SPDX-License-Identifier: Apache-2.0
#include "server/log_fields.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace hillock {
namespace {

TEST(LogFieldsTest, WritesTextAndJson) {
  const std::vector<LogField> fields = {
      {"model", "iris"}, {"id", "req 7"}, {"rows", int64_t{3}}, {"us", 12.5}, {"whole", 20.0}};
  EXPECT_EQ(FormatFields(LogFormat::kText, "request", fields),
            R"(request model=iris id="req 7" rows=3 us=12.5 whole=20)");
  EXPECT_EQ(FormatFields(LogFormat::kJson, "request", fields),
            R"("message":"request","model":"iris","id":"req 7","rows":3,"us":12.5,"whole":20)");
}

// A client chooses them.
TEST(LogFieldsTest, KeepsValuesWithinTheirQuotes) {
  for (const std::string_view value :
       {"", "a\" level=\"x", "line\nbreak", "\x1b[31m", "\xff\xfe", "back\\slash", "a=b", "\x7f"}) {
    const std::vector<LogField> fields = {{"id", std::string(value)}, {"rows", int64_t{1}}};
    const std::string text = FormatFields(LogFormat::kText, "m", fields);
    ASSERT_TRUE(text.starts_with("m id=\"") && text.ends_with("\" rows=1")) << text;
    const auto quoted = nlohmann::json::parse(text.substr(5, text.size() - 12));
    const auto json =
        nlohmann::json::parse(fmt::format("{{{}}}", FormatFields(LogFormat::kJson, "m", fields)));
    EXPECT_EQ(json.size(), 3) << text;
    EXPECT_EQ(json["id"], quoted);
    EXPECT_EQ(text.find_first_of("\n\x1b\xff"), std::string::npos) << text;
    EXPECT_EQ(quoted, value == "\xff\xfe" ? "\xef\xbf\xbd\xef\xbf\xbd" : value);
  }
}

}  // namespace
}  // namespace hillock
