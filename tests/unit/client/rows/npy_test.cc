// SPDX-License-Identifier: Apache-2.0
#include "client/rows/npy.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cctype>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

template <typename T>
std::string Bytes(const std::vector<T>& elements) {
  std::string bytes(elements.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), elements.data(), bytes.size());
  return bytes;
}

// A file as NumPy would write it, with `header` in place of its dictionary.
std::string File(int version, const std::string& header, const std::string& data) {
  const auto length = static_cast<uint32_t>(header.size());
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  file.append(reinterpret_cast<const char*>(&length), version == 1 ? 2 : 4);
  return file + header + data;
}

std::string Header(const std::string& type, const std::string& shape, bool fortran = false) {
  return fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}      \n", type,
                     fortran ? "True" : "False", shape);
}

template <typename T>
std::string Matrix(const std::string& type, const std::vector<T>& elements) {
  return File(1, Header(type, "(2, 2)"), Bytes(elements));
}

absl::StatusOr<Rows> Parse(const std::string& file, size_t width = 2) {
  return ParseNpy(file, {width, {}});
}

template <typename T>
void ExpectReads(const std::string& type) {
  const auto rows = Parse(Matrix<T>(type, {1, 2, 3, static_cast<T>(-4)}));
  ASSERT_THAT(rows, IsOk()) << type;
  EXPECT_THAT(rows->values, ElementsAre(1, 2, 3, static_cast<float>(static_cast<T>(-4)))) << type;
}

TEST(ParseNpyTest, ReadsEveryElementType) {
  ExpectReads<float>("<f4");
  ExpectReads<double>("<f8");
  ExpectReads<int8_t>("|i1");
  ExpectReads<uint8_t>("|u1");
  ExpectReads<int16_t>("<i2");
  ExpectReads<uint16_t>("<u2");
  ExpectReads<int32_t>("<i4");
  ExpectReads<uint32_t>("<u4");
  ExpectReads<int64_t>("<i8");
  ExpectReads<uint64_t>("<u8");
}

TEST(ParseNpyTest, ReadsEveryFormatVersion) {
  for (const int version : {1, 2, 3}) {
    const auto rows = Parse(File(version, Header("<f4", "(2, 2)"), Bytes<float>({1, 2, 3, 4})));
    ASSERT_THAT(rows, IsOk()) << "version " << version;
    EXPECT_THAT(rows->values, ElementsAre(1, 2, 3, 4));
  }
}

TEST(ParseNpyTest, TurnsFortranOrder) {
  const auto rows =
      Parse(File(1, Header("<f4", "(2, 3)", true), Bytes<float>({1, 4, 2, 5, 3, 6})), 3);
  ASSERT_THAT(rows, IsOk());
  EXPECT_THAT(rows->values, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(ParseNpyTest, OneDimensionIsOneRowOrOneColumn) {
  const std::string file = File(1, Header("<f4", "(3,)"), Bytes<float>({1, 2, 3}));
  EXPECT_EQ(Parse(file, 3)->count(), 1u);
  EXPECT_EQ(Parse(file, 0)->count(), 1u);
  EXPECT_EQ(Parse(file, 1)->count(), 3u);
}

TEST(ParseNpyTest, TakesMembersInAnyOrderAndDoubleQuotes) {
  const std::string header = R"({"shape":(1,2),"fortran_order":False,"descr":"<f4"})";
  EXPECT_THAT(Parse(File(1, header, Bytes<float>({1, 2}))), IsOk());
}

TEST(ParseNpyTest, ReadsEmptyArraysAsNoRows) {
  for (const char* shape : {"(0, 2)", "(2, 0)", "(0,)", "(18446744073709551615, 0)"}) {
    const auto rows = Parse(File(1, Header("<f4", shape), ""), 0);
    ASSERT_THAT(rows, IsOk()) << shape;
    EXPECT_EQ(rows->count(), 0u) << shape;
  }
}

struct BadCase {
  const char* what;
  std::string file;
  const char* message;
};

class BadNpyTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadNpyTest, SaysWhatIsWrong) {
  const BadCase& c = GetParam();
  EXPECT_THAT(Parse(c.file), StatusIs(kInvalid, HasSubstr(c.message))) << c.what;
}

const std::string kFour = Bytes<float>({1, 2, 3, 4});

INSTANTIATE_TEST_SUITE_P(
    Cases, BadNpyTest,
    ::testing::Values(
        BadCase{"empty", "", "does not start as"}, BadCase{"magic only", "\x93NUMPY", "format 0"},
        BadCase{"version 0", File(0, "", ""), "format 0, want 1, 2 or 3"},
        BadCase{"version 4", File(4, "", ""), "format 4, want 1, 2 or 3"},
        BadCase{"no length", std::string("\x93NUMPY\x01\0\x01", 9), "inside the header's length"},
        BadCase{"header cut", std::string("\x93NUMPY\x02\0\xff\xff\xff\xff{", 13),
                "a header of 4294967295 bytes, but only 1 follow"},
        BadCase{"no dictionary", File(1, "x", kFour), "header: got 'x' at byte 0, want {"},
        BadCase{"not closed", File(1, "{'descr': '<f4'", kFour), "got the end at byte 15"},
        BadCase{"missing member", File(1, "{'descr': '<f4'}", kFour), "want 'descr', 'fortran_"},
        BadCase{"unknown member", File(1, "{'x': 1}", kFour), "want a member NumPy writes"},
        BadCase{"open string", File(1, "{'descr", kFour), "want a closing quote"},
        BadCase{"not a bool", File(1, "{'fortran_order': 1}", kFour), "want True or False"},
        BadCase{"not a tuple", File(1, "{'shape': 4}", kFour), "want ("},
        BadCase{"negative size", File(1, Header("<f4", "(-2, 2)"), kFour), "want a size"},
        BadCase{"huge size", File(1, Header("<f4", "(99999999999999999999, 2)"), kFour),
                "want a size"},
        BadCase{"big-endian", Matrix<float>(">f4", {1, 2, 3, 4}), "elements of type '>f4', want"},
        BadCase{"objects", Matrix<float>("|O", {1, 2, 3, 4}), "elements of type '|O', want"},
        BadCase{"records", File(1, "{'descr': [('a', '<f4')]}", kFour), "want a string"},
        BadCase{"scalar", File(1, Header("<f4", "()"), kFour), "0 dimensions, want 2"},
        BadCase{"cube", File(1, Header("<f4", "(1, 2, 2)"), kFour), "3 dimensions, want 2"},
        BadCase{"wrong width", File(1, Header("<f4", "(1, 4)"), kFour), "rows of 4, want 2"},
        BadCase{"short", File(1, Header("<f4", "(3, 2)"), kFour),
                "16 bytes of elements, want 3 x 2 x 4"},
        BadCase{"long", File(1, Header("<f4", "(1, 2)"), kFour),
                "16 bytes of elements, want 1 x 2 x 4"},
        BadCase{"overflow", File(1, Header("<f4", "(4611686018427387906, 2)"), kFour),
                "16 bytes of elements, want 4611686018427387906 x 2 x 4"},
        BadCase{"too large for FP32", Matrix<double>("<f8", {1, 2, 3, 1e300}),
                "row 1, column 1: got 1e+300, want a number that FP32 can hold"}),
    [](const auto& param) {
      std::string name = param.param.what;
      for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
      return name;
    });

TEST(ParseNpyTest, EveryTruncationIsAnError) {
  const std::string file = Matrix<float>("<f4", {1, 2, 3, 4});
  for (size_t length = 0; length < file.size(); ++length) {
    EXPECT_FALSE(Parse(file.substr(0, length)).ok()) << "first " << length << " bytes";
  }
}

TEST(ParseNpyTest, EveryFlippedHeaderByteIsAnErrorOrRows) {
  const std::string file = Matrix<float>("<f4", {1, 2, 3, 4});
  for (size_t i = 0; i < file.size() - kFour.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = file;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      const auto rows = Parse(flipped, 0);
      const size_t values = rows.ok() ? rows->values.size() : 0;
      EXPECT_LE(values, kFour.size()) << "byte " << i << ", bit " << bit;
    }
  }
}

}  // namespace
}  // namespace hillock::client
