// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/inference/trace_id.h"

#include <gtest/gtest.h>

#include <string>

namespace hillock::rpc {
namespace {

constexpr char kTraceId[] = "0af7651916cd43dd8448eb211c80319c";

TEST(TraceIdTest, IsThatOfAValidHeader) {
  const std::string valid = std::string("00-") + kTraceId + "-b7ad6b7169203331-01";
  EXPECT_EQ(TraceIdOf(valid), kTraceId);
  EXPECT_EQ(TraceIdOf("cc" + valid.substr(2)), kTraceId);
  EXPECT_EQ(TraceIdOf("cc" + valid.substr(2) + "-what-the-future-holds"), kTraceId);
}

class InvalidTraceparent : public ::testing::TestWithParam<const char*> {};

TEST_P(InvalidTraceparent, HasNone) { EXPECT_EQ(TraceIdOf(GetParam()), "") << GetParam(); }

INSTANTIATE_TEST_SUITE_P(
    TraceIdTest, InvalidTraceparent,
    ::testing::Values("", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
                      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
                      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                      "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more",
                      "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                      "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                      "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                      "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                      "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                      "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
                      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01",
                      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333x-01",
                      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x"));

}  // namespace
}  // namespace hillock::rpc
