// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/request_view.h"

#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "proto/inference.pb.h"
#include "tests/support/allocations.h"
#include "tests/support/is_view_of.h"
#include "tests/support/random.h"
#include "tests/support/status_matchers.h"

namespace hillock::rpc {
namespace {

using namespace std::string_literals;

using ::hillock::testing::AllocationMeter;
using ::hillock::testing::IsOk;
using ::hillock::testing::IsViewOf;
using ::hillock::testing::Random;
using ::hillock::testing::ReadsAsProtobuf;
using ::hillock::testing::StatusIs;
using inference::ModelInferRequest;
using Code = absl::StatusCode;

constexpr size_t kAnyTimes = 20'000;
constexpr char kNoRequest[] = "the bytes are no ModelInferRequest";

ModelInferRequest Sound() {
  ModelInferRequest request;
  request.set_model_name("pets");
  request.set_model_version("3");
  request.set_id("the 7th");
  (*request.mutable_parameters())["priority"].set_int64_param(-4);
  (*request.mutable_parameters())["triton_enable_empty_final_response"].set_bool_param(true);
  auto& input = *request.add_inputs();
  input.set_name("input");
  input.set_datatype("FP32");
  input.add_shape(300);
  input.add_shape(-3);
  (*input.mutable_parameters())["binary_data_size"].set_int64_param(12);
  (*input.mutable_parameters())["shared_memory_region"].set_string_param("no");
  request.add_outputs()->set_name("label");
  auto& output = *request.add_outputs();
  output.set_name("\xc3\xa9");
  (*output.mutable_parameters())["classification"].set_double_param(3);
  return request;
}

ModelInferRequest Raw() {
  ModelInferRequest request = Sound();
  request.add_raw_input_contents(std::string(40, '\x99'));
  request.add_raw_input_contents("");
  return request;
}

ModelInferRequest Typed() {
  ModelInferRequest request = Sound();
  auto& contents = *request.mutable_inputs(0)->mutable_contents();
  for (int i = 0; i < 9; ++i) contents.add_fp32_contents(static_cast<float>(i));
  return request;
}

// One input for each field that contents have.
ModelInferRequest EveryContents() {
  ModelInferRequest request = Sound();
  request.add_inputs()->mutable_contents()->add_bool_contents(true);
  request.add_inputs()->mutable_contents()->add_int_contents(-1);
  request.add_inputs()->mutable_contents()->add_int64_contents(1ll << 60);
  request.add_inputs()->mutable_contents()->add_uint_contents(300);
  request.add_inputs()->mutable_contents()->add_uint64_contents(~0ull);
  request.add_inputs()->mutable_contents()->add_fp32_contents(1.5f);
  request.add_inputs()->mutable_contents()->add_fp64_contents(2.5);
  request.add_inputs()->mutable_contents()->add_bytes_contents("seven");
  request.add_inputs()->mutable_contents();
  return request;
}

const std::vector<ModelInferRequest>& Requests() {
  static const std::vector<ModelInferRequest> requests = {Raw(), Typed(), EveryContents(),
                                                          ModelInferRequest()};
  return requests;
}

std::string Quoted(const std::string& bytes) { return ::testing::PrintToString(bytes); }

std::string Varint(size_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>((value & 0x7f) | 0x80));
  bytes.push_back(static_cast<char>(value));
  return bytes;
}

std::string Field(char tag, const std::string& value) { return tag + Varint(value.size()) + value; }

// An entry for the parameter that a stream's request may have, and its value.
std::string Final(const std::string& value) {
  return Field('\x22', Field('\x0a', "triton_enable_empty_final_response") + Field('\x12', value));
}

// Fields of contents.
const std::vector<std::string> kContents = {
    Field('\x32', "abcdefgh"),  // fp32_contents packed
    Field('\x32', "")           // without any
    ,
    "\x35"
    "abcd"s,  // one that is not packed
    "\x35"
    "abcd\x35"
    "efgh"s,  // several
    "\xb5\x80\x00"
    "abcd"s,                   // with a tag longer than need be
    Field('\x0a', "\1\0\2"s),  // bool_contents packed
    "\x08\x01\x08\xff\x7f"s,   // not packed
    Field('\x12', ""),         // int_contents without any
    Field('\x1a', "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f\1"s),
    "\x20\x05"s,
    Field('\x2a', "\x80\x80\0\0\0\0\0\0\0\0\0\x81\0"s),
    Field('\x3a', "12345678"),  // fp64_contents
    "\x39"
    "12345678"s,
    Field('\x42', ""),  // bytes_contents
    Field('\x42', "a") + Field('\x42', "\xff"),
    "\x30\x05"s,  // fp32_contents as a number
    Field('\x4a', "unknown")};

// Fields of ModelInferRequest in every encoding that parsing accepts, unknown ones among them.
const std::vector<std::string> kFields = {
    Field('\x0a', "pets"),
    Field('\x0a', "g\xc3\xa4nse"),
    Field('\x12', "3"),
    Field('\x1a', "id"),
    Field('\x1a', ""),
    "\x0a\x84\x80\x80\x80\x00pets"s,                         // a length of five bytes
    "\x8a\x80\x80\x80\x00\x04pets"s,                         // a tag of five bytes
    "\x8a\x80\x80\x80\x70\x04pets"s,                         // with bits beyond the 32nd
    "\x22\x07\x0a\x01p\x12\x02\x10\x05"s,                    // parameters
    "\x22\x09\x0a\x01q\x12\x04\x1a\x02no"s,                  //
    Field('\x22', ""),                                       // without key and value
    Final("\x08\x01"s),                                      // true
    Final("\x08\x00"s),                                      // false
    Final(""),                                               // no value
    Final("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"s),  // only a bit beyond the 64th: false
    Final("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"s),  // the 64th: true
    Final("\x08\x01\x10\x01"s),                              // a bool, then a number
    Final("\x10\x01\x08\x01"s),                              // a number, then a bool
    Final("\x08\x01\x1a\x01x"s),                             // then a text
    Final("\x08\x01\x21"
          "12345678"s),                         // then a double
    Final("\x08\x01\x28\x01"s),                 // then an unsigned number
    Final("\x08\x01\x18\x01\x0a\x00"s),         // then fields of other types
    Field('\x22', Field('\x12', "\x08\x01"s) +  // value before key, twice
                      Field('\x0a', "triton_enable_empty_final_response") +
                      Field('\x12', "\x08\x01"s)),
    Field('\x22', Field('\x0a', "triton_enable_empty_final_response") +  // another key
                      Field('\x12', "\x08\x01"s) + Field('\x0a', "another")),
    Field('\x22', Field('\x0a', "triton_enable_empty_final_response") + "\x18\x05"s),
    Field('\x2a', Field('\x0a', "x") + Field('\x1a', "\xac\x02\x03"s)),  // shape packed
    Field('\x2a', "\x18\xac\x02\x18\x03"s),                              // shape not packed
    Field('\x2a', "\x1a\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s),  // -1
    Field('\x2a', Field('\x12', "FP32") + Field('\x22', Field('\x0a', "classification"))),
    Field('\x2a', Field('\x22', Field('\x0a', "shared_memory_region") + Field('\x12', ""))),
    Field('\x2a', ""),
    Field('\x32', Field('\x0a', "y")),
    Field('\x32', Field('\x12', Field('\x0a', "classification"))),
    "\x3a\x05\x12\x00\xff\x07\x0f"s,                      // raw contents
    Field('\x3a', ""),                                    //
    "\x08\x96\x01"s,                                      // the model's name as a number
    "\x38\x05"s,                                          // raw contents as a number
    "\xa0\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"s,  // unknown
    "\xa1\x06\x01\x02\x03\x04\x05\x06\x07\x08"s,          //
    "\xa5\x06\x01\x02\x03\x04"s,                          //
    "\xa2\x06\x03xyz"s,                                   //
    "\xa3\x06\xa4\x06"s,                                  // a group
    "\xa3\x06\x0b\x08\x01\x0c\x12\x01\xff\xa4\x06"s,      // with a group
    "\x0b\x0c"s,                                          // the model's name as a group
    "\xf8\xff\xff\xff\x0f\x05"s};                         // the highest number of a field

std::string AnyContents(Random& random) {
  std::string bytes;
  for (size_t count = random.Index(4); count > 0; --count) {
    bytes += kContents[random.Index(kContents.size())];
  }
  return Field('\x2a', bytes);
}

std::string AnyFields(Random& random) {
  std::string bytes;
  for (size_t count = random.Index(12); count > 0; --count) {
    bytes += kFields[random.Index(kFields.size())];
    if (random.Index(3) > 0) continue;
    const std::string contents = AnyContents(random);
    bytes += Field('\x2a', random.Index(2) > 0 ? contents + AnyContents(random) : contents);
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

class RequestViewTest : public ::testing::Test {
 protected:
  absl::Status Read(const std::string& bytes) { return view_.Read(bytes); }

  // Compared with what protobuf makes of the bytes. They end where memory of their own does, so
  // that the address sanitizer sees what is read beyond them. Returns whether they are a request.
  bool ReadsRight(const std::string& bytes) {
    const std::vector<char> exact(bytes.begin(), bytes.end());
    EXPECT_TRUE(ReadsAsProtobuf({exact.data(), exact.size()}, view_)) << Quoted(bytes);
    ModelInferRequest request;
    return request.ParseFromString(bytes);
  }

  const google::protobuf::LogSilencer silencer_;  // of names that are no UTF-8
  RequestView view_;
  std::string bytes_;  // that the view may point into
};

TEST_F(RequestViewTest, ShowsWhatTheMessageHas) {
  for (const ModelInferRequest& request : Requests()) {
    const std::string bytes = request.SerializeAsString();
    ASSERT_THAT(Read(bytes), IsOk()) << request.ShortDebugString();
    EXPECT_TRUE(IsViewOf(view_, request)) << request.ShortDebugString();
  }
}

TEST_F(RequestViewTest, PointsIntoTheBytes) {
  const std::string raw = Raw().SerializeAsString();
  ASSERT_THAT(Read(raw), IsOk());
  EXPECT_EQ(view_.raw_contents[0].data(), raw.data() + raw.find("\x99\x99"));
  const std::string typed = Typed().SerializeAsString();
  ASSERT_THAT(Read(typed), IsOk());
  const std::string_view floats = view_.inputs[0].run;
  EXPECT_EQ(floats.size(), 9 * sizeof(float));
  EXPECT_GE(floats.data(), typed.data());
  EXPECT_LE(floats.data() + floats.size(), typed.data() + typed.size());
}

TEST_F(RequestViewTest, ReplacesWhatItHeld) {
  const std::string full = EveryContents().SerializeAsString();
  ASSERT_THAT(Read(full), IsOk());
  ASSERT_THAT(Read(""), IsOk());
  EXPECT_TRUE(IsViewOf(view_, ModelInferRequest()));
}

TEST_F(RequestViewTest, ReadsEveryEncodingAsProtobufDoes) {
  for (const std::string& field : kFields) EXPECT_TRUE(ReadsRight(field)) << Quoted(field);
  for (const std::string& contents : kContents) {
    EXPECT_TRUE(ReadsRight(Field('\x2a', Field('\x2a', contents)))) << Quoted(contents);
  }
}

TEST_F(RequestViewTest, TakesFieldsInAnyOrderAndEncoding) {
  Random random(1);
  for (size_t i = 0; i < kAnyTimes; ++i) {
    const std::string bytes = AnyFields(random);
    EXPECT_TRUE(ReadsRight(bytes)) << Quoted(bytes);
  }
}

TEST_F(RequestViewTest, FindsARunOnlyWhereElementsLieTogether) {
  const auto read = [&](const std::string& contents) -> const InputView& {
    bytes_ = Field('\x2a', contents);
    EXPECT_THAT(Read(bytes_), IsOk()) << Quoted(contents);
    return view_.inputs[0];
  };
  const std::string empty = Field('\x32', "");
  const std::string four = Field('\x32', "abcd");
  EXPECT_EQ(read(Field('\x2a', empty + four + empty)).run, "abcd");
  EXPECT_EQ(read(Field('\x2a',
                       "\x35"
                       "abcd"))
                .run,
            "abcd");
  EXPECT_EQ(read(Field('\x2a', "") + Field('\x2a', four)).run, "abcd");
  EXPECT_EQ(read(Field('\x2a', four + four)).run, "");
  EXPECT_EQ(read(Field('\x2a', four + four)).elements, 2u);
  EXPECT_EQ(read(Field('\x2a', four) + Field('\x2a', four) + Field('\x2a', four)).elements, 3u);
  EXPECT_EQ(view_.inputs[0].run, "");
}

TEST_F(RequestViewTest, RefusesWhereAFieldIsCutShort) {
  for (const ModelInferRequest& request : Requests()) {
    const std::string bytes = request.SerializeAsString();
    for (size_t size = 0; size < bytes.size(); ++size) ReadsRight(bytes.substr(0, size));
  }
}

TEST_F(RequestViewTest, ReadsEveryDamagedByteAsProtobufDoes) {
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

TEST_F(RequestViewTest, ReadsAnyDamagedBytesAsProtobufDoes) {
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

std::string Groups(size_t count) {
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes += "\x4b";
  for (size_t i = 0; i < count; ++i) bytes += "\x4c";
  return bytes;
}

TEST_F(RequestViewTest, TakesGroupsAsDeepAsProtobufDoes) {
  const auto in_contents = [](const std::string& bytes) {
    return Field('\x2a', Field('\x2a', bytes));
  };
  const auto in_parameter = [](const std::string& bytes) {
    return Field('\x32', Field('\x12', Field('\x12', bytes)));
  };
  EXPECT_TRUE(ReadsRight(Groups(100)));
  EXPECT_FALSE(ReadsRight(Groups(101)));
  EXPECT_TRUE(ReadsRight(Field('\x2a', Groups(99))));
  EXPECT_FALSE(ReadsRight(Field('\x2a', Groups(100))));
  EXPECT_TRUE(ReadsRight(in_contents(Groups(98))));
  EXPECT_FALSE(ReadsRight(in_contents(Groups(99))));
  EXPECT_TRUE(ReadsRight(in_parameter(Groups(97))));
  EXPECT_FALSE(ReadsRight(in_parameter(Groups(98))));
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

TEST_F(RequestViewTest, RefusesWhatIsNoMessage) {
  for (const auto& [what, bytes] : kDamages) {
    EXPECT_THAT(Read(bytes), StatusIs(Code::kInvalidArgument, kNoRequest)) << what;
    EXPECT_FALSE(ReadsRight(bytes)) << what;
  }
}

TEST_F(RequestViewTest, ShowsWhatItReadBeforeItRefused) {
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

// Elements of one field that follow each other are as many as their bytes allow.
TEST_F(RequestViewTest, TakesAnyNumberOfElements) {
  constexpr size_t kCount = 100'000;
  for (const std::string& one : {"\x35"
                                 "abcd"s,
                                 "\x42\x00"s, "\x08\x01"s,
                                 "\x39"
                                 "12345678"s}) {
    std::string contents;
    for (size_t i = 0; i < kCount; ++i) contents += one;
    EXPECT_TRUE(ReadsRight(InContents(contents))) << Quoted(one);
    ASSERT_EQ(view_.inputs.size(), 1u);
    EXPECT_EQ(view_.inputs[0].elements, kCount);
  }
}

TEST_F(RequestViewTest, AllocatesNothingOnceItHasRead) {
  std::vector<std::string> all;
  for (const ModelInferRequest& request : Requests()) all.push_back(request.SerializeAsString());
  for (const std::string& bytes : all) ASSERT_THAT(Read(bytes), IsOk());
  const AllocationMeter meter;
  for (const std::string& bytes : all) ASSERT_TRUE(Read(bytes).ok());
  EXPECT_EQ(meter.count(), 0u) << "the largest of " << meter.largest() << " bytes";
}

}  // namespace
}  // namespace hillock::rpc
