// SPDX-License-Identifier: Apache-2.0

// Requests and fields as bytes, and what reads them beside protobuf.

#ifndef HILLOCK_TESTS_UNIT_RPC_MESSAGES_REQUEST_BYTES_H_
#define HILLOCK_TESTS_UNIT_RPC_MESSAGES_REQUEST_BYTES_H_

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "proto/inference.pb.h"
#include "server/rpc/messages/request_view.h"
#include "tests/support/is_view_of.h"
#include "tests/support/random.h"

namespace hillock::rpc {

using namespace std::string_literals;

inline constexpr size_t kAnyTimes = 20'000;  // requests made at random

// All of a sound request but its contents.
inline inference::ModelInferRequest Sound() {
  inference::ModelInferRequest request;
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

inline inference::ModelInferRequest Raw() {
  inference::ModelInferRequest request = Sound();
  request.add_raw_input_contents(std::string(40, '\x99'));
  request.add_raw_input_contents("");
  return request;
}

inline inference::ModelInferRequest Typed() {
  inference::ModelInferRequest request = Sound();
  auto& contents = *request.mutable_inputs(0)->mutable_contents();
  for (int i = 0; i < 9; ++i) contents.add_fp32_contents(static_cast<float>(i));
  return request;
}

// One input for each field that contents have.
inline inference::ModelInferRequest EveryContents() {
  inference::ModelInferRequest request = Sound();
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

inline const std::vector<inference::ModelInferRequest>& Requests() {
  static const std::vector<inference::ModelInferRequest> requests = {
      Raw(), Typed(), EveryContents(), inference::ModelInferRequest()};
  return requests;
}

inline std::string Quoted(const std::string& bytes) { return ::testing::PrintToString(bytes); }

inline std::string Varint(size_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>((value & 0x7f) | 0x80));
  bytes.push_back(static_cast<char>(value));
  return bytes;
}

inline std::string Field(char tag, const std::string& value) {
  return tag + Varint(value.size()) + value;
}

// An entry for the parameter that a stream's request may have, and its value.
inline std::string Final(const std::string& value) {
  return Field('\x22', Field('\x0a', "triton_enable_empty_final_response") + Field('\x12', value));
}

// Fields of contents.
inline const std::vector<std::string> kContents = {
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
inline const std::vector<std::string> kFields = {
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

inline std::string AnyContents(testing::Random& random) {
  std::string bytes;
  for (size_t count = random.Index(4); count > 0; --count) {
    bytes += kContents[random.Index(kContents.size())];
  }
  return Field('\x2a', bytes);
}

inline std::string AnyFields(testing::Random& random) {
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
inline std::string Damaged(std::string bytes, testing::Random& random) {
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
    EXPECT_TRUE(testing::ReadsAsProtobuf({exact.data(), exact.size()}, view_)) << Quoted(bytes);
    inference::ModelInferRequest request;
    return request.ParseFromString(bytes);
  }

  const google::protobuf::LogSilencer silencer_;  // of names that are no UTF-8
  RequestView view_;
  std::string bytes_;  // that the view may point into
};

}  // namespace hillock::rpc

#endif  // HILLOCK_TESTS_UNIT_RPC_MESSAGES_REQUEST_BYTES_H_
