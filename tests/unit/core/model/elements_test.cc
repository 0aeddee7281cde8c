// SPDX-License-Identifier: Apache-2.0
#include "server/core/model/elements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "server/core/base/half.h"

namespace hillock::model {
namespace {

using ::testing::ElementsAre;
using D = Datatype;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kMax = std::numeric_limits<float>::max();

// An element as it lies in memory.
template <class T>
std::string Bytes(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}
std::string Half(float value) { return Bytes(FloatToHalf(value)); }
std::string Bfloat16(float value) { return Bytes(FloatToBfloat16(value)); }

struct Row {
  D sent;
  std::string element;
  D declared;
  float want;
};

std::string NameOf(D sent, D declared) {
  return std::string(DatatypeName(sent)) + " to " + std::string(DatatypeName(declared));
}

void PrintTo(const Row& row, std::ostream* out) {
  *out << NameOf(row.sent, row.declared) << ": " << row.want;
}

class Survives : public ::testing::TestWithParam<Row> {};

// At any alignment, and wherever it is among others.
TEST_P(Survives, AsTheNearestFloat) {
  const auto& [sent, element, declared, want] = GetParam();
  for (const size_t count : {1, 2, 9}) {
    std::string elements = "x";
    for (size_t i = 0; i < count; ++i) elements += element;
    std::vector<float> floats(count, -7);
    EXPECT_EQ(ToFloats({sent, sent, declared}, elements.data() + 1, count, floats.data()), count);
    for (const float got : floats) {
      EXPECT_TRUE(got == want || (std::isnan(got) && std::isnan(want))) << got;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    AsDeclared, Survives,
    ::testing::Values(
        Row{D::kBool, "\1", D::kBool, 1}, Row{D::kBool, "\xff", D::kBool, 1},
        Row{D::kBool, std::string(1, '\0'), D::kBool, 0}, Row{D::kUint8, "\xff", D::kUint8, 255},
        Row{D::kInt8, "\xff", D::kInt8, -1}, Row{D::kUint16, "\xff\xff", D::kUint16, 65535},
        Row{D::kInt16, Bytes<int16_t>(-300), D::kInt16, -300},
        Row{D::kUint32, Bytes(~0u), D::kUint32, 0x1p32f},
        Row{D::kInt32, Bytes<int32_t>(-70000), D::kInt32, -70000},
        Row{D::kUint64, Bytes(~0ull), D::kUint64, 0x1p64f},
        Row{D::kInt64, Bytes(INT64_MIN), D::kInt64, -0x1p63f},
        Row{D::kInt64, Bytes<int64_t>(16777217), D::kInt64, 16777216},
        Row{D::kFp16, Half(-1.5f), D::kFp16, -1.5f},
        Row{D::kFp16, Half(0x1p-24f), D::kFp16, 0x1p-24f},
        Row{D::kBf16, Bfloat16(3e38f), D::kBf16, Bfloat16ToFloat(FloatToBfloat16(3e38f))},
        Row{D::kFp32, Bytes(kMax), D::kFp32, kMax}, Row{D::kFp64, Bytes(0.1), D::kFp64, 0.1f},
        Row{D::kFp64, Bytes(1e-300), D::kFp64, 0}));

INSTANTIATE_TEST_SUITE_P(
    Converted, Survives,
    ::testing::Values(
        Row{D::kFp64, Bytes(0.1), D::kFp32, 0.1f},
        Row{D::kFp64, Bytes(double{kMax}), D::kFp32, kMax},
        Row{D::kFp64, Bytes(0x1.fffffefp127), D::kFp32, kMax},
        Row{D::kFp64, Bytes(double{kInf}), D::kFp32, kInf},
        Row{D::kFp64, Bytes(double{kNan}), D::kFp16, kNan},
        Row{D::kInt64, Bytes<int64_t>(1 << 24), D::kFp32, 0x1p24f},
        Row{D::kInt64, Bytes<int64_t>(-(1 << 24)), D::kFp32, -0x1p24f},
        Row{D::kUint64, Bytes<uint64_t>(1 << 24), D::kFp32, 0x1p24f},
        Row{D::kInt64, Bytes<int64_t>(1ll << 53), D::kFp64, 0x1p53f},
        Row{D::kInt16, Bytes<int16_t>(2048), D::kFp16, 2048},
        Row{D::kUint16, Bytes<uint16_t>(256), D::kBf16, 256}, Row{D::kUint8, "\xff", D::kFp32, 255},
        Row{D::kUint8, "\x7f", D::kInt8, 127}, Row{D::kInt64, Bytes<int64_t>(255), D::kUint8, 255},
        Row{D::kInt64, Bytes<int64_t>(1), D::kBool, 1}, Row{D::kBool, "\1", D::kInt64, 1},
        Row{D::kBool, "\1", D::kFp32, 1}, Row{D::kFp32, Bytes(-128.0f), D::kInt8, -128},
        Row{D::kFp32, Bytes(0x1p62f), D::kInt64, 0x1p62f},
        Row{D::kFp64, Bytes(-0x1p63), D::kInt64, -0x1p63f},
        Row{D::kFp32, Bytes(-0.0f), D::kUint8, 0}, Row{D::kFp16, Half(3), D::kUint8, 3},
        Row{D::kFp32, Bytes(65504.0f), D::kFp16, 65504}, Row{D::kFp32, Bytes(0.1f), D::kFp16, 0.1f},
        Row{D::kFp32, Bytes(kInf), D::kBf16, kInf}, Row{D::kBf16, Bfloat16(1), D::kBool, 1}));

struct BadRow {
  D sent;
  std::string element;
  D declared;
  std::string text;
  std::string want;
};

void PrintTo(const BadRow& row, std::ostream* out) {
  *out << NameOf(row.sent, row.declared) << ": " << row.text;
}

class DoesNotSurvive : public ::testing::TestWithParam<BadRow> {};

TEST_P(DoesNotSurvive, AndIsTheFirstToBeSaid) {
  const auto& [sent, element, declared, text, want] = GetParam();
  const Conversion conversion{sent, sent, declared};
  const std::string zero(element.size(), '\0');
  const std::string elements = zero + zero + element + zero + element;
  std::vector<float> floats(5);
  EXPECT_EQ(ToFloats(conversion, elements.data(), 5, floats.data()), 2u);
  EXPECT_EQ(TextOf(sent, element.data()), text);
  EXPECT_EQ(WantOf(conversion), want);
}

INSTANTIATE_TEST_SUITE_P(
    Each, DoesNotSurvive,
    ::testing::Values(
        BadRow{D::kInt64, Bytes<int64_t>((1 << 24) + 1), D::kFp32, "16777217",
               "a whole number from -16777216 to 16777216 for FP32"},
        BadRow{D::kUint64, Bytes(~0ull), D::kFp32, "18446744073709551615",
               "a whole number from 0 to 16777216 for FP32"},
        BadRow{D::kUint64, Bytes(1ull << 63), D::kInt64, "9223372036854775808",
               "a whole number from 0 to 9223372036854775807 for INT64"},
        BadRow{D::kInt64, Bytes<int64_t>(-1), D::kUint64, "-1",
               "a whole number from 0 to 9223372036854775807 for UINT64"},
        BadRow{D::kInt16, Bytes<int16_t>(-2049), D::kFp16, "-2049",
               "a whole number from -2048 to 2048 for FP16"},
        BadRow{D::kUint8, "\x80", D::kInt8, "128", "a whole number from 0 to 127 for INT8"},
        BadRow{D::kInt8, "\x02", D::kBool, "2", "a whole number from 0 to 1 for BOOL"},
        BadRow{D::kFp32, Bytes(1.5f), D::kUint8, "1.5", "a whole number from 0 to 255 for UINT8"},
        BadRow{D::kFp32, Bytes(256.0f), D::kUint8, "256", "a whole number from 0 to 255 for UINT8"},
        BadRow{D::kFp32, Bytes(-1.0f), D::kUint8, "-1", "a whole number from 0 to 255 for UINT8"},
        BadRow{D::kFp32, Bytes(kNan), D::kInt64, "nan",
               "a whole number from -9223372036854775808 to 9223372036854775807 for INT64"},
        BadRow{D::kFp64, Bytes(0x1p63), D::kInt64, "9.223372036854776e+18",
               "a whole number from -9223372036854775808 to 9223372036854775807 for INT64"},
        BadRow{D::kFp64, Bytes(0x1p64), D::kUint64, "1.8446744073709552e+19",
               "a whole number from 0 to 18446744073709551615 for UINT64"},
        BadRow{D::kFp16, Half(kInf), D::kInt32, "inf",
               "a whole number from -2147483648 to 2147483647 for INT32"},
        BadRow{D::kFp32, Bytes(0.5f), D::kBool, "0.5", "a whole number from 0 to 1 for BOOL"},
        BadRow{D::kFp64, Bytes(1e300), D::kFp32, "1e+300",
               "-3.4028235e+38 to 3.4028235e+38 for FP32"},
        BadRow{D::kFp64, Bytes(-1e300), D::kFp64, "-1e+300",
               "-3.4028235e+38 to 3.4028235e+38 for FP64"},
        BadRow{D::kFp32, Bytes(65505.0f), D::kFp16, "65505", "-65504 to 65504 for FP16"},
        BadRow{D::kFp32, Bytes(kMax), D::kBf16, "3.4028235e+38",
               "-3.3895314e+38 to 3.3895314e+38 for BF16"}));

// Typed contents hold small integers in wide elements.
TEST(ElementsTest, AreOfTheDatatypeThatTheyAreSaidToBe) {
  const std::vector<int32_t> elements = {-128, 127, 128};
  std::vector<float> floats(3);
  const Conversion conversion{D::kInt32, D::kInt8, D::kFp32};
  EXPECT_EQ(ToFloats(conversion, Bytes(elements[0]).data(), 1, floats.data()), 1u);
  EXPECT_EQ(ToFloats(conversion, reinterpret_cast<const char*>(elements.data()), 3, floats.data()),
            2u);
  EXPECT_EQ(WantOf(conversion), "a whole number from -128 to 127 for FP32");
}

template <class T>
std::vector<T> Converted(D datatype, const std::vector<float>& floats) {
  std::vector<char> from(1 + floats.size() * sizeof(float));
  std::memcpy(from.data() + 1, floats.data(), from.size() - 1);
  std::vector<T> to(floats.size());
  FromFloats(datatype, from.data() + 1, floats.size(), reinterpret_cast<char*>(to.data()));
  return to;
}

TEST(ElementsTest, AreMadeOfFloats) {
  const std::vector<float> floats = {0, 0.5f, 1.5f, -1.5f, 300, -300, kInf, -kInf, kNan};
  EXPECT_THAT(Converted<uint8_t>(D::kBool, floats), ElementsAre(0, 1, 1, 1, 1, 1, 1, 1, 1));
  EXPECT_THAT(Converted<uint8_t>(D::kUint8, floats), ElementsAre(0, 0, 2, 0, 255, 0, 255, 0, 0));
  EXPECT_THAT(Converted<int8_t>(D::kInt8, floats),
              ElementsAre(0, 0, 2, -2, 127, -128, 127, -128, 0));
  EXPECT_THAT(Converted<int32_t>(D::kInt32, floats),
              ElementsAre(0, 0, 2, -2, 300, -300, INT32_MAX, INT32_MIN, 0));
  EXPECT_THAT(Converted<int64_t>(D::kInt64, floats),
              ElementsAre(0, 0, 2, -2, 300, -300, INT64_MAX, INT64_MIN, 0));
  EXPECT_THAT(Converted<uint64_t>(D::kUint64, {-1, 0x1p63f, 0x1p64f, kMax}),
              ElementsAre(0, 1ull << 63, UINT64_MAX, UINT64_MAX));
  EXPECT_THAT(Converted<int32_t>(D::kInt32, {2147483520.0f, 0x1p31f}),
              ElementsAre(2147483520, INT32_MAX));
  EXPECT_THAT(Converted<double>(D::kFp64, {0.1f, -kInf}), ElementsAre(double{0.1f}, -kInf));
  EXPECT_THAT(Converted<uint16_t>(D::kFp16, {1, 0.1f, 1e9f}), ElementsAre(0x3c00, 0x2e66, 0x7c00));
  EXPECT_THAT(Converted<uint16_t>(D::kBf16, {1, 0.1f}), ElementsAre(0x3f80, 0x3dcd));
  EXPECT_THAT(Converted<float>(D::kFp32, {0.1f, kInf}), ElementsAre(0.1f, kInf));
}

TEST(ElementsTest, AreTheSameIntegersInSixtyFourBits) {
  for (const D datatype : {D::kBool, D::kUint8, D::kInt8, D::kInt16, D::kUint64}) {
    for (const float value : {0.0f, 1.0f, -3.0f, 1e30f, kNan}) {
      int64_t want = 0;
      FromFloats(datatype, reinterpret_cast<const char*>(&value), 1,
                 reinterpret_cast<char*>(&want));
      const size_t unused = 64 - 8 * SpecOf(datatype).bytes;
      const bool is_signed = datatype == D::kInt8 || datatype == D::kInt16;
      if (is_signed) want = static_cast<int64_t>(static_cast<uint64_t>(want) << unused) >> unused;
      EXPECT_EQ(IntegerOf(datatype, value), want) << DatatypeName(datatype) << " " << value;
    }
  }
}

}  // namespace
}  // namespace hillock::model
