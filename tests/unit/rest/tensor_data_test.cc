// SPDX-License-Identifier: Apache-2.0
#include "server/rest/tensor_data.h"

#include <gmock/gmock.h>

#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/status_matchers.h"

namespace hillock::rest {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::_;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Code = absl::StatusCode;
using enum model::Datatype;

TensorData Floats(const std::vector<double>& values) {
  TensorData data;
  for (const double value : values) EXPECT_THAT(data.AddFloat(value), IsOk());
  return data;
}

TensorData Integers(const std::vector<int64_t>& values) {
  TensorData data;
  for (const int64_t value : values) EXPECT_THAT(data.AddInteger(value), IsOk());
  return data;
}

template <class T>
std::vector<T> Values(const TensorData& data, model::Datatype datatype) {
  std::string raw;
  EXPECT_THAT(data.AppendTo(raw, datatype), IsOk());
  std::vector<T> values(raw.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), raw.data(), raw.size());
  return values;
}

absl::Status Refusal(const TensorData& data, model::Datatype datatype) {
  std::string raw;
  return data.AppendTo(raw, datatype);
}

TEST(TensorDataTest, BecomesAnyDatatypeThatHoldsIt) {
  const TensorData small = Integers({0, 1, 100});
  EXPECT_THAT(Values<uint8_t>(small, kUint8), ElementsAre(0, 1, 100));
  EXPECT_THAT(Values<int16_t>(small, kInt16), ElementsAre(0, 1, 100));
  EXPECT_THAT(Values<uint32_t>(small, kUint32), ElementsAre(0, 1, 100));
  EXPECT_THAT(Values<float>(small, kFp32), ElementsAre(0, 1, 100));
  EXPECT_THAT(Values<double>(Floats({0.1, -3}), kFp64), ElementsAre(0.1, -3));
  EXPECT_THAT(Values<float>(Floats({0.1}), kFp32), ElementsAre(0.1f));
  EXPECT_THAT(Values<int8_t>(Floats({3.0, -2.0}), kInt8), ElementsAre(3, -2));
  EXPECT_THAT(Values<float>(TensorData(), kFp32), ElementsAre());
}

TEST(TensorDataTest, KeepsLargeIntegers) {
  constexpr int64_t kLow = std::numeric_limits<int64_t>::min();
  constexpr uint64_t kHigh = std::numeric_limits<uint64_t>::max();
  EXPECT_THAT(Values<int64_t>(Integers({kLow, 9007199254740993}), kInt64),
              ElementsAre(kLow, 9007199254740993));
  TensorData data;
  EXPECT_THAT(data.AddUnsigned(kHigh), IsOk());
  EXPECT_THAT(data.AddUnsigned(7), IsOk());
  EXPECT_THAT(Values<uint64_t>(data, kUint64), ElementsAre(kHigh, 7));
  EXPECT_THAT(Values<float>(data, kFp32), ElementsAre(18446744073709551615.f, 7.f));
  EXPECT_THAT(Refusal(data, kInt64), StatusIs(Code::kInvalidArgument, HasSubstr("element 0")));
  EXPECT_THAT(data.AddInteger(-1), StatusIs(Code::kInvalidArgument, HasSubstr("negative")));
}

TEST(TensorDataTest, MixesIntegersAndFloats) {
  TensorData data = Integers({1, -2});
  EXPECT_THAT(data.AddFloat(0.5), IsOk());
  EXPECT_THAT(data.AddInteger(3), IsOk());
  EXPECT_THAT(data.AddUnsigned(std::numeric_limits<uint64_t>::max()), IsOk());
  EXPECT_THAT(Values<double>(data, kFp64), ElementsAre(1, -2, 0.5, 3, 18446744073709551615.0));
}

TEST(TensorDataTest, HoldsBoolsAndStrings) {
  TensorData bools;
  EXPECT_THAT(bools.AddBool(true), IsOk());
  EXPECT_THAT(bools.AddBool(false), IsOk());
  EXPECT_THAT(Values<char>(bools, kBool), ElementsAre(1, 0));
  EXPECT_THAT(Values<char>(Integers({1, 0}), kBool), ElementsAre(1, 0));
  TensorData strings;
  EXPECT_THAT(strings.AddString("ab"), IsOk());
  EXPECT_THAT(strings.AddString(""), IsOk());
  std::string raw;
  EXPECT_THAT(strings.AppendTo(raw, kBytes), IsOk());
  EXPECT_EQ(raw, std::string("\2\0\0\0ab\0\0\0\0", 10));
}

TEST(TensorDataTest, RefusesWhatDoesNotFit) {
  EXPECT_THAT(Refusal(Integers({1, 256}), kUint8),
              StatusIs(Code::kInvalidArgument,
                       HasSubstr("got 256 as element 1, want a whole number of 0 to 255")));
  EXPECT_THAT(Refusal(Integers({-1}), kUint64), StatusIs(Code::kInvalidArgument, _));
  EXPECT_THAT(Refusal(Floats({0.5}), kInt32), StatusIs(Code::kInvalidArgument, _));
  EXPECT_THAT(Refusal(Floats({1e300}), kInt64), StatusIs(Code::kInvalidArgument, _));
  EXPECT_THAT(Refusal(Floats({1e39}), kFp32), StatusIs(Code::kInvalidArgument, _));
  EXPECT_THAT(Refusal(Integers({2}), kBool), StatusIs(Code::kInvalidArgument, _));
  EXPECT_THAT(Refusal(Floats({0.5}), kBool), StatusIs(Code::kInvalidArgument, _));
  EXPECT_THAT(Refusal(Floats({0.5}), kFp16),
              StatusIs(Code::kInvalidArgument, HasSubstr("binary_data_size")));
  EXPECT_THAT(Refusal(Integers({1}), kBytes),
              StatusIs(Code::kInvalidArgument, HasSubstr("got numbers, want elements of BYTES")));
  TensorData strings;
  EXPECT_THAT(strings.AddString("1"), IsOk());
  EXPECT_THAT(Refusal(strings, kFp32), StatusIs(Code::kInvalidArgument, HasSubstr("got strings")));
  EXPECT_THAT(strings.AddInteger(1),
              StatusIs(Code::kInvalidArgument, HasSubstr("got numbers after strings")));
  EXPECT_THAT(strings.AddBool(true), StatusIs(Code::kInvalidArgument, _));
}

}  // namespace
}  // namespace hillock::rest
