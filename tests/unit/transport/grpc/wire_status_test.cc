// SPDX-License-Identifier: Apache-2.0
#include "server/transport/grpc/wire_status.h"

#include <gtest/gtest.h>

#include <string>

namespace hillock::transport {
namespace {

TEST(CodeFromWire, KnowsTheCodesOfGrpc) {
  for (int code = 0; code <= 16; ++code) {
    EXPECT_EQ(CodeFromWire(std::to_string(code)), static_cast<absl::StatusCode>(code));
  }
}

TEST(CodeFromWire, TakesEverythingElseForUnknown) {
  for (const char* text : {"", "17", "-1", "1x", " 1", "0x1", "99999999999999"}) {
    EXPECT_EQ(CodeFromWire(text), absl::StatusCode::kUnknown) << text;
  }
}

}  // namespace
}  // namespace hillock::transport
