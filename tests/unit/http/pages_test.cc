// SPDX-License-Identifier: Apache-2.0
#include "server/http/pages.h"

#include <gmock/gmock.h>

namespace hillock::http {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class PagesTest : public ::testing::Test {
 protected:
  Response Get(const std::string& path, const std::string& accept = "") {
    return pages_({path, accept});
  }

  metrics::Registry registry_{1, {{"version", "7"}}};
  const lifecycle::CatalogHolder catalogs_;
  bool ready_ = false;
  const Handler pages_ = Pages(registry_, catalogs_, [this] { return ready_; });
};

TEST_F(PagesTest, ServeMetricsAsPrometheusReadsThem) {
  const Response page = Get("/metrics");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.content_type, StartsWith("text/plain; version=0.0.4"));
  EXPECT_THAT(page.body, HasSubstr("hillock_build_info{version=\"7\"} 1\n"));
}

TEST_F(PagesTest, ServeOpenMetricsToWhoPrefersThem) {
  const auto is_open = [this](const std::string& accept) {
    const Response page = Get("/metrics", accept);
    const bool open = page.content_type.starts_with("application/openmetrics-text; version=1.0.0");
    EXPECT_EQ(open, page.body.ends_with("# EOF\n"));
    return open;
  };
  EXPECT_TRUE(is_open("application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.5,*/*"));
  EXPECT_TRUE(is_open("application/openmetrics-text"));
  EXPECT_FALSE(is_open("text/plain, application/openmetrics-text;q=0.5"));
  EXPECT_FALSE(is_open("text/html,*/*"));
}

TEST_F(PagesTest, ServeTheLivePageAndItsState) {
  const Response page = Get("/");
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(page.body, AllOf(StartsWith("<!DOCTYPE html>"), EndsWith("</html>\n")));
  EXPECT_LT(page.body.size(), 150'000u);
  EXPECT_EQ(Get("/state.json").content_type, "application/json");
  EXPECT_THAT(Get("/state.json").body, HasSubstr("\"models\":[]"));
}

TEST_F(PagesTest, ServeHealth) {
  EXPECT_EQ(Get("/health/live").status, 200);
  EXPECT_EQ(Get("/health/ready").status, 503);
  ready_ = true;
  EXPECT_EQ(Get("/health/ready").status, 200);
}

TEST_F(PagesTest, NameWhatThereIsInPlaceOfOthers) {
  for (const char* path : {"/metric", "/metrics/", "/../etc/passwd", "//"}) {
    const Response page = Get(path);
    EXPECT_EQ(page.status, 404) << path;
    EXPECT_THAT(page.body, AllOf(StartsWith(std::string("got ") + path), HasSubstr("/metrics")));
  }
}

}  // namespace
}  // namespace hillock::http
