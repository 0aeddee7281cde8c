#include "server/rpc/glance.h"

#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "server/rpc/wire.h"
#include "tests/support/allocations.h"
#include "tests/support/byte_buffers.h"
#include "tests/support/is_glance_of.h"
#include "tests/support/random.h"
#include "tests/support/status_matchers.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::AllocationMeter;
using ::hillock::testing::InOneSlice;
using ::hillock::testing::InSlices;
using ::hillock::testing::IsGlanceOf;
using ::hillock::testing::IsOk;
using ::hillock::testing::Random;
using inference::ModelInferRequest;

constexpr size_t kAnyTimes = 2000;

ModelInferRequest Sound() {
  ModelInferRequest request;
  request.set_model_name("pets");
  request.set_model_version("3");
  request.set_id("the 7th");
  (*request.mutable_parameters())["priority"].set_int64_param(-4);
  auto& input = *request.add_inputs();
  input.set_name("input");
  input.set_datatype("FP32");
  input.add_shape(300);
  input.add_shape(3);
  (*input.mutable_parameters())["binary_data_size"].set_int64_param(12);
  request.add_outputs()->set_name("label");
  return request;
}

ModelInferRequest Raw() {
  ModelInferRequest request = Sound();
  request.add_raw_input_contents(std::string(40, '\x99'));
  return request;
}

ModelInferRequest Typed() {
  ModelInferRequest request = Sound();
  auto& contents = *request.mutable_inputs(0)->mutable_contents();
  for (int i = 0; i < 9; ++i) contents.add_fp32_contents(static_cast<float>(i));
  contents.add_bytes_contents("seven");
  return request;
}

// Fields of ModelInferRequest in every encoding that parsing accepts, unknown ones among them.
const std::vector<std::string> kFields = {
    {"\x0a\x04pets", 6},
    {"\x0a\x05goats", 7},
    {"\x12\x01\x33", 3},
    {"\x1a\x02id", 4},
    {"\x22\x07\x0a\x01p\x12\x02\x10\x05", 9},
    {"\x22\x09\x0a\x01q\x12\x04\x1a\x02no", 11},
    {"\x2a\x08\x0a\x01x\x1a\x03\xac\x02\x03", 10},             // shape packed
    {"\x2a\x05\x18\xac\x02\x18\x03", 7},                       // shape not packed
    {"\x2a\x07\x2a\x05\x3a\x03\x01\x02\x03", 9},               // contents
    {"\x2a\x0a\x2a\x02\x08\x01\x18\x02\x2a\x02\x08\x00", 12},  // contents twice, shape between
    {"\x2a\x00", 2},
    {"\x2a\x84\x80\x00\x0a\x02in", 8},  // a length of three bytes
    {"\x32\x03\x0a\x01y", 5},
    {"\x3a\x05\x12\x00\xff\x07\x0f", 7},  // raw contents
    {"\x3a\x00", 2},
    {"\x08\x96\x01", 3},                                       // the model's name as a number
    {"\x38\x05", 2},                                           // raw contents as a number
    {"\xa0\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12},  // unknown, -1
    {"\xa1\x06\x01\x02\x03\x04\x05\x06\x07\x08", 10},
    {"\xa5\x06\x01\x02\x03\x04", 6},
    {"\xa2\x06\x03xyz", 6}};

std::string AnyFields(Random& random) {
  std::string bytes;
  for (size_t count = random.Index(12); count > 0; --count) {
    bytes += kFields[random.Index(kFields.size())];
  }
  return bytes;
}

// Damages some bytes, or moves, drops or repeats some.
std::string Damaged(std::string bytes, Random& random) {
  for (size_t count = 1 + random.Index(3); count > 0 && !bytes.empty(); --count) {
    const size_t at = random.Index(bytes.size());
    const size_t size = random.Index(std::min<size_t>(8, bytes.size() - at) + 1);
    switch (random.Index(4)) {
      case 0:
        bytes[at] = static_cast<char>(random.Index(256));
        break;
      case 1:
        bytes.erase(at, size);
        break;
      case 2:
        bytes.insert(random.Index(bytes.size()), bytes.substr(at, size));
        break;
      default:
        bytes[at] = static_cast<char>(static_cast<uint8_t>(bytes[at]) ^ (1u << random.Index(8)));
    }
  }
  return bytes;
}

std::string Quoted(const std::string& bytes) { return ::testing::PrintToString(bytes); }

// What a glance at the bytes shows is what parsing them does; returns whether it shows anything.
bool ExpectRight(const std::string& bytes, size_t slice) {
  grpc::ByteBuffer buffer = InSlices(bytes, slice);
  ModelInferRequest glance;
  const bool seen = Glance(buffer, glance);
  ModelInferRequest parsed;
  if (seen && parsed.ParseFromString(bytes)) {
    EXPECT_TRUE(IsGlanceOf(parsed, glance))
        << "of " << Quoted(bytes) << "\nin slices of " << slice << "\nglance "
        << glance.ShortDebugString() << "\nparsed " << parsed.ShortDebugString();
  }
  return seen;
}

TEST(GlanceTest, ShowsAllButTheContents) {
  for (const ModelInferRequest& request : {Sound(), Raw(), Typed(), ModelInferRequest()}) {
    EXPECT_TRUE(ExpectRight(request.SerializeAsString(), 1 << 20)) << request.ShortDebugString();
  }
}

TEST(GlanceTest, ReplacesWhatTheMessageHeld) {
  grpc::ByteBuffer bytes = InOneSlice(Raw().SerializeAsString());
  ModelInferRequest request = Typed();
  request.add_outputs()->set_name("another");
  ASSERT_TRUE(Glance(bytes, request));
  EXPECT_EQ(request.outputs_size(), 1);
  EXPECT_FALSE(request.inputs(0).has_contents());
}

TEST(GlanceTest, TakesFieldsInAnyOrderAndEncoding) {
  Random random(1);
  for (size_t i = 0; i < kAnyTimes; ++i) {
    const std::string bytes = AnyFields(random);
    EXPECT_TRUE(ExpectRight(bytes, 1 + random.Index(64))) << Quoted(bytes);
  }
}

TEST(GlanceTest, TakesTheLastOfAFieldThatComesTwice) {
  grpc::ByteBuffer bytes = InOneSlice("\x0a\x04pets\x1a\x01i\x0a\x05goats");
  ModelInferRequest request;
  ASSERT_TRUE(Glance(bytes, request));
  EXPECT_EQ(request.model_name(), "goats");
}

TEST(GlanceTest, TakesSlicesThatEndAnywhere) {
  for (const ModelInferRequest& request : {Raw(), Typed()}) {
    const std::string bytes = request.SerializeAsString();
    for (size_t slice = 1; slice <= bytes.size(); ++slice) {
      EXPECT_TRUE(ExpectRight(bytes, slice)) << slice;
    }
  }
}

TEST(GlanceTest, LeavesTheBytes) {
  for (const size_t slice : {7, 1000}) {
    grpc::ByteBuffer bytes = InSlices(Raw().SerializeAsString(), slice);
    ModelInferRequest request;
    ASSERT_TRUE(Glance(bytes, request));
    ASSERT_THAT(Parse(bytes, request), IsOk());
    EXPECT_EQ(request.SerializeAsString(), Raw().SerializeAsString());
  }
}

TEST(GlanceTest, ShowsNothingWhereAFieldIsCutShort) {
  for (const ModelInferRequest& request : {Raw(), Typed()}) {
    const std::string bytes = request.SerializeAsString();
    for (size_t size = 0; size < bytes.size(); ++size) {
      const std::string cut = bytes.substr(0, size);
      ModelInferRequest parsed;
      EXPECT_EQ(ExpectRight(cut, 11), parsed.ParseFromString(cut)) << "the first " << size;
    }
  }
}

TEST(GlanceTest, IsNeverWrongOnDamagedBytes) {
  const google::protobuf::LogSilencer silencer;  // of names that are no UTF-8
  Random random(2);
  size_t seen = 0;
  for (size_t i = 0; i < 10 * kAnyTimes; ++i) {
    const std::string sound = i % 2 == 0 ? Typed().SerializeAsString() : AnyFields(random);
    if (ExpectRight(Damaged(sound, random), 1 + random.Index(64))) ++seen;
  }
  EXPECT_GT(seen, kAnyTimes);
  EXPECT_LT(seen, 9 * kAnyTimes);
}

TEST(GlanceTest, DoesNotLookIntoContents) {
  for (const std::string& bytes : {std::string("\x0a\x04pets\x2a\x04\x2a\x02\xff\xff"),
                                   std::string("\x0a\x04pets\x2a\x06\x18\x05\x2a\x02\x0b\x0b")}) {
    grpc::ByteBuffer buffer = InOneSlice(bytes);
    ModelInferRequest request;
    EXPECT_TRUE(Glance(buffer, request)) << Quoted(bytes);
    EXPECT_EQ(request.model_name(), "pets");
    EXPECT_FALSE(request.ParseFromString(bytes));
  }
}

struct Unclear {
  const char* what;
  std::string bytes;
};

const std::vector<Unclear> kUnclear = {
    {"raw contents longer than the message", {"\x3a\x05\x01", 3}},
    {"raw contents of 2 GiB - 1", {"\x3a\xff\xff\xff\xff\x07", 6}},
    {"raw contents of 4 GiB - 1", {"\x3a\xff\xff\xff\xff\x0f", 6}},
    {"raw contents of 2^63 bytes", {"\x3a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11}},
    {"a length that never ends", "\x3a" + std::string(12, '\xff')},
    {"contents longer than their input", {"\x2a\x03\x2a\x05\x01\x00\x00\x00\x00", 9}},
    {"an input longer than the message", {"\x2a\x05\x0a\x01x", 5}},
    {"a number that never ends", "\xa0\x06" + std::string(12, '\xff')},
    {"field 0", {"\x0a\x01x\x00\x00", 5}},
    {"a group", {"\xa3\x06\xa4\x06", 4}},
    {"the end of a group", {"\xa4\x06", 2}},
    {"wire type 6", {"\xa6\x06", 2}},
    {"a fixed number cut short", {"\xa5\x06\x01\x02", 4}},
    {"a name that is no UTF-8", {"\x0a\x02\xff\xff", 4}},
    {"parameters that are no message", {"\x22\x02\xff\xff", 4}}};

TEST(GlanceTest, ShowsNothingWhereItIsNotSure) {
  const google::protobuf::LogSilencer silencer;  // of a name that is no UTF-8
  for (const auto& [what, unclear] : kUnclear) {
    for (const size_t slice : {1, 1000}) {
      grpc::ByteBuffer bytes = InSlices(unclear, slice);
      ModelInferRequest request;
      EXPECT_FALSE(Glance(bytes, request)) << what;
    }
  }
}

TEST(GlanceTest, KeepsOnlySoMuch) {
  for (const size_t size : {kMostGlanced - 100, kMostGlanced, kMostGlanced * 100}) {
    ModelInferRequest named = Raw();
    named.set_model_name(std::string(size, 'x'));
    EXPECT_EQ(ExpectRight(named.SerializeAsString(), 512), size < kMostGlanced) << size;
    ModelInferRequest shaped = Raw();
    for (size_t i = 0; i < size; ++i) shaped.mutable_inputs(0)->add_shape(1);
    EXPECT_EQ(ExpectRight(shaped.SerializeAsString(), 512), size < kMostGlanced) << size;
    ModelInferRequest many = Raw();
    for (size_t i = 0; i < size; i += 4) many.add_inputs()->add_shape(1);  // of 5 bytes
    EXPECT_EQ(ExpectRight(many.SerializeAsString(), 512), false) << size;
  }
}

TEST(GlanceTest, CopiesNoContents) {
  ModelInferRequest raw = Raw();
  raw.set_raw_input_contents(0, std::string(1 << 20, 'x'));
  ModelInferRequest typed = Typed();
  typed.mutable_inputs(0)->mutable_contents()->mutable_fp32_contents()->Resize(1 << 18, 0.5f);
  for (const ModelInferRequest& request : {raw, typed}) {
    grpc::ByteBuffer bytes = InSlices(request.SerializeAsString(), 8192);
    ModelInferRequest glance;
    const AllocationMeter meter;
    ASSERT_TRUE(Glance(bytes, glance));
    EXPECT_LT(meter.largest(), 1024u);
  }
}

}  // namespace
}  // namespace hillock::rpc
