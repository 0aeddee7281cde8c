// SPDX-License-Identifier: Apache-2.0
#include "server/http/accept.h"

#include <gtest/gtest.h>

namespace hillock::http {
namespace {

TEST(QualityTest, IsWhatTheHeaderSays) {
  struct Case {
    const char* header;
    const char* name;
    double quality;
  };
  const Case cases[] = {
      {"", "gzip", 0},
      {"gzip", "gzip", 1},
      {"deflate, GZIP ;q=0.5 , br", "gzip", 0.5},
      {"gzip;q=0", "gzip", 0},
      {"gzip;q=2", "gzip", 0},
      {"gzip;q=x", "gzip", 0},
      {"gzip;q=", "gzip", 0},
      {"x-gzip", "gzip", 0},
      {"*", "gzip", 0},
      {",,;;,gzip", "gzip", 1},
      {"application/openmetrics-text;version=1.0.0;q=0.75,text/plain;q=0.5", "text/plain", 0.5},
      {"application/openmetrics-text; version=1.0.0; Q=0.75", "application/openmetrics-text", 0.75},
  };
  for (const Case& c : cases) EXPECT_EQ(Quality(c.header, c.name), c.quality) << c.header;
}

}  // namespace
}  // namespace hillock::http
