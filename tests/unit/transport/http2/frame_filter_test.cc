// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/frame_filter.h"

#include <gtest/gtest.h>

#include <string>

namespace hillock::transport {
namespace {

constexpr char kPreface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
enum Type : char { kData = 0, kHeaders = 1, kRstStream = 3, kPing = 6 };

std::string Frame(Type type, int stream, const std::string& payload) {
  const auto length = payload.size();
  std::string frame = {static_cast<char>(length >> 16),
                       static_cast<char>(length >> 8),
                       static_cast<char>(length),
                       type,
                       0,
                       static_cast<char>(stream >> 24),
                       static_cast<char>(stream >> 16),
                       static_cast<char>(stream >> 8),
                       static_cast<char>(stream)};
  return frame + payload;
}

std::string Filter(const std::string& bytes, size_t piece) {
  FrameFilter filter;
  std::string passed;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    const std::string some = bytes.substr(at, piece);
    std::string_view left = some;
    for (std::string_view run; !(run = filter.Next(left)).empty();) passed += run;
    EXPECT_TRUE(left.empty());
  }
  return passed;
}

struct Case {
  const char* name;
  std::string sent;
  std::string passed;
};

class FrameFilterTest : public ::testing::TestWithParam<Case> {};

TEST_P(FrameFilterTest, PassesWhatItShouldHoweverItIsCut) {
  const std::string preface = kPreface;
  for (const size_t piece : {1, 2, 5, 8, 9, 10, 13, 30, 100'000}) {
    EXPECT_EQ(Filter(preface + GetParam().sent, piece), preface + GetParam().passed)
        << "in pieces of " << piece;
  }
}

const std::string kOpen3 = Frame(kHeaders, 3, "headers");
const std::string kCancel = std::string("\0\0\0\x08", 4);
const std::string kPing1 = Frame(kPing, 0, "12345678");

INSTANTIATE_TEST_SUITE_P(
    All, FrameFilterTest,
    ::testing::Values(
        Case{"Nothing", "", ""}, Case{"OtherFrames", kPing1 + kOpen3, kPing1 + kOpen3},
        Case{"ResetOfAnOpenStream", kOpen3 + Frame(kRstStream, 3, kCancel),
             kOpen3 + Frame(kRstStream, 3, kCancel)},
        Case{"ResetOfAnEarlierStream", kOpen3 + Frame(kRstStream, 1, kCancel),
             kOpen3 + Frame(kRstStream, 1, kCancel)},
        Case{"ResetOfAnIdleStream",
             kOpen3 + Frame(kRstStream, 5, kCancel) + Frame(kData, 3, std::string(500, 'd')),
             kOpen3 + Frame(kData, 3, std::string(500, 'd'))},
        Case{"ManyOfThem", Frame(kRstStream, 1, kCancel) + Frame(kRstStream, 3, kCancel) + kPing1,
             kPing1},
        Case{"ThenTheNextStream",
             Frame(kRstStream, 1, kCancel) + kOpen3 + Frame(kRstStream, 3, kCancel),
             kOpen3 + Frame(kRstStream, 3, kCancel)},
        Case{"OfAWrongLength", Frame(kRstStream, 5, "12345"), Frame(kRstStream, 5, "12345")},
        Case{"OfTheConnection", Frame(kRstStream, 0, kCancel), Frame(kRstStream, 0, kCancel)},
        Case{"InsideAPayload", Frame(kData, 1, Frame(kRstStream, 5, kCancel)),
             Frame(kData, 1, Frame(kRstStream, 5, kCancel))}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace hillock::transport
