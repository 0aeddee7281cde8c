// SPDX-License-Identifier: Apache-2.0

// Requests that are cut, damaged, no messages, or have more of something than any request has.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/rpc/messages/request_view.h"
#include "tests/support/allocations.h"
#include "tests/support/is_view_of.h"
#include "tests/support/random.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/rpc/messages/request_bytes.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::AllocationMeter;
using ::hillock::testing::IsOk;
using ::hillock::testing::Random;
using ::hillock::testing::ReadsAsProtobuf;
using ::hillock::testing::StatusIs;
using inference::ModelInferRequest;
using Code = absl::StatusCode;

constexpr char kNoRequest[] = "the bytes are no ModelInferRequest";

class RequestDamageTest : public RequestViewTest {};

TEST_F(RequestDamageTest, RefusesWhereAFieldIsCutShort) {
  for (const ModelInferRequest& request : Requests()) {
    const std::string bytes = request.SerializeAsString();
    for (size_t size = 0; size < bytes.size(); ++size) ReadsRight(bytes.substr(0, size));
  }
}

TEST_F(RequestDamageTest, ReadsEveryDamagedByteAsProtobufDoes) {
  for (const ModelInferRequest& request : Requests()) {
    const std::string bytes = request.SerializeAsString();
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(value);
        ReadsRight(damaged);
      }
    }
  }
}

TEST_F(RequestDamageTest, ReadsAnyDamagedBytesAsProtobufDoes) {
  Random random(2);
  size_t sound = 0;
  for (size_t i = 0; i < 5 * kAnyTimes; ++i) {
    const auto& request = Requests()[i % Requests().size()];
    const std::string bytes = i % 8 < 3 ? request.SerializeAsString() : AnyFields(random);
    if (ReadsRight(Damaged(bytes, random))) ++sound;
  }
  EXPECT_GT(sound, kAnyTimes / 2);
  EXPECT_LT(sound, 4 * kAnyTimes);
}

struct Damage {
  const char* what;
  std::string bytes;
};

const std::vector<Damage> kDamages = {
    {"raw contents longer than the message", "\x3a\x05\x01"s},
    {"raw contents of 2 GiB - 1", "\x3a\xff\xff\xff\xff\x07"s},
    {"raw contents of 4 GiB - 1", "\x3a\xff\xff\xff\xff\x0f"s},
    {"raw contents of 2^63 bytes", "\x3a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"s},
    {"a length that never ends", "\x3a" + std::string(12, '\xff')},
    {"a length of six bytes", "\x3a\x80\x80\x80\x80\x80\x00"s},
    {"a tag of six bytes", "\x8a\x80\x80\x80\x80\x00\x00"s},
    {"contents longer than their input", "\x2a\x03\x2a\x05\x01\x00\x00\x00\x00"s},
    {"an input longer than the message", "\x2a\x05\x0a\x01x"s},
    {"a number that never ends", "\xa0\x06" + std::string(12, '\xff')},
    {"a dimension cut short", "\x2a\x03\x1a\x01\x80"s},
    {"field 0", "\x0a\x01x\x00\x00"s},
    {"field 0 as bytes", "\x0a\x01x\x02\x00"s},
    {"field 0 in an input", "\x2a\x02\x00\x00"s},
    {"a group that does not end", "\xa3\x06"s},
    {"a group that ends as another", "\xa3\x06\x0c"s},
    {"a group that ends outside of its input", "\x2a\x01\x4b\x4c"s},
    {"field 0 in a group", "\x4b\x00\x4c"s},
    {"the end of a group", "\xa4\x06"s},
    {"wire type 6", "\xa6\x06"s},
    {"wire type 7", "\xa7\x06"s},
    {"a fixed number cut short", "\xa5\x06\x01\x02"s},
    {"a name that is no UTF-8", "\x0a\x02\xff\xff"s},
    {"a name that is no UTF-8 before one that is", "\x0a\x01\xff\x0a\x01x"s},
    {"a version that is no UTF-8", "\x12\x01\x80"s},
    {"an id that is no UTF-8", "\x1a\x01\x80"s},
    {"a datatype that is no UTF-8", Field('\x2a', "\x12\x01\x80"s)},
    {"an output that is no UTF-8", Field('\x32', "\x0a\x01\x80"s)},
    {"a parameter's name that is no UTF-8", Field('\x22', "\x0a\x01\x80"s)},
    {"a parameter's text that is no UTF-8", Final("\x1a\x01\x80"s)},
    {"parameters that are no message", "\x22\x02\xff\xff"s},
    {"floats of 5 bytes", Field('\x2a', Field('\x2a', Field('\x32', "abcde")))},
    {"doubles of 4 bytes", Field('\x2a', Field('\x2a', Field('\x3a', "abcd")))},
    {"a float cut short", Field('\x2a', Field('\x2a',
                                              "\x35"
                                              "abc"))},
    {"integers cut short", Field('\x2a', Field('\x2a', Field('\x1a', "\x01\x80"s)))},
    {"an integer of 11 bytes",
     Field('\x2a', Field('\x2a', Field('\x1a', std::string(10, '\x80') + '\1')))}};

TEST_F(RequestDamageTest, RefusesWhatIsNoMessage) {
  for (const auto& [what, bytes] : kDamages) {
    EXPECT_THAT(Read(bytes), StatusIs(Code::kInvalidArgument, kNoRequest)) << what;
    EXPECT_FALSE(ReadsRight(bytes)) << what;
  }
}

TEST_F(RequestDamageTest, ShowsWhatItReadBeforeItRefused) {
  const std::string bytes = Field('\x1a', "the 7th") + Final("\x08\x01"s) + "\x1a\x01\x80\x07"s;
  EXPECT_THAT(Read(bytes), StatusIs(Code::kInvalidArgument, kNoRequest));
  EXPECT_EQ(view_.id, "the 7th");
  EXPECT_TRUE(view_.wants_final);
}

// More and more of something: as much as a request may have, and a hostile amount.
struct Many {
  std::string what;
  size_t most;
  std::string one;
  std::string (*around)(const std::string&);
};

std::string Alone(const std::string& bytes) { return bytes; }
std::string InInput(const std::string& bytes) { return Field('\x2a', bytes); }
std::string InOutput(const std::string& bytes) { return Field('\x32', bytes); }
std::string InContents(const std::string& bytes) { return Field('\x2a', Field('\x2a', bytes)); }
std::string Packed(const std::string& bytes) { return Field('\x2a', Field('\x1a', bytes)); }

const std::vector<Many> kMany = {{"64 inputs", 64, Field('\x2a', ""), Alone},
                                 {"1,024 outputs", 1024, Field('\x32', ""), Alone},
                                 {"1,024 raw_input_contents", 1024, Field('\x3a', ""), Alone},
                                 {"1,024 parameters", 1024, Field('\x22', ""), Alone},
                                 {"1,024 parameters", 1024, Field('\x22', ""), InInput},
                                 {"1,024 parameters", 1024, Field('\x12', ""), InOutput},
                                 {"16 dimensions of an input", 16, "\x18\x01", InInput},
                                 {"16 dimensions of an input", 16, "\x01", Packed},
                                 {"16,384 fields", 16384, Field('\x1a', ""), Alone},
                                 {"16,384 fields", 16384, "\x48\x01", Alone},
                                 {"16,384 fields", 8192, "\x4b\x4c", Alone},
                                 {"16,384 fields", 16382, Field('\x32', ""), InContents},
                                 {"16,384 fields", 8191,
                                  "\x35"
                                  "abcd" +
                                      Field('\x32', ""),
                                  InContents}};

class ReadMany : public ::testing::TestWithParam<Many> {
 protected:
  std::string Times(size_t count) const {
    std::string bytes;
    for (size_t i = 0; i < count; ++i) bytes += GetParam().one;
    return GetParam().around(bytes);
  }

  RequestView view_;
};

TEST_P(ReadMany, IsRefusedAtOnce) {
  EXPECT_TRUE(ReadsAsProtobuf(Times(GetParam().most), view_));
  EXPECT_THAT(view_.Read(Times(GetParam().most)), IsOk());
  const auto refused = StatusIs(Code::kInvalidArgument, "got more than " + GetParam().what);
  EXPECT_THAT(view_.Read(Times(GetParam().most + 1)), refused);
  const std::string hostile = Times(1 << 20);
  const AllocationMeter meter;
  EXPECT_THAT(view_.Read(hostile), refused);
  EXPECT_LT(meter.bytes(), size_t{64} << 10);
}

INSTANTIATE_TEST_SUITE_P(Each, ReadMany, ::testing::ValuesIn(kMany),
                         [](const auto& test) { return "Case" + std::to_string(test.index); });

}  // namespace
}  // namespace hillock::rpc
