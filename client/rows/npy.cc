// SPDX-License-Identifier: Apache-2.0
#include "client/rows/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "\x93NUMPY";

absl::Status Bad(const std::string& message) { return absl::InvalidArgumentError(message); }

struct Header {
  std::string type;
  bool fortran_order = false;
  std::vector<size_t> shape;
};

// A reader of the Python dictionary literal that NumPy writes, and of no more of Python than that.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text), rest_(text) {}

  absl::StatusOr<Header> Parse() {
    if (!Skip('{')) return Unexpected("{");
    while (!Skip('}')) {
      HILLOCK_RETURN_IF_ERROR(Member());
      if (Skip(',')) continue;
      if (!Skip('}')) return Unexpected(", or }");
      break;
    }
    if (seen_ != 3) return Bad("header: want 'descr', 'fortran_order' and 'shape', once each");
    return header_;
  }

 private:
  absl::Status Unexpected(std::string_view want) const {
    const std::string got = rest_.empty() ? "the end" : Quoted(rest_);
    return Bad(
        fmt::format("header: got {} at byte {}, want {}", got, text_.size() - rest_.size(), want));
  }

  bool Skip(char c) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n\t"), rest_.size()));
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  absl::StatusOr<std::string> String() {
    const char quote = Skip('\'') ? '\'' : '"';
    if (quote == '"' && !Skip('"')) return Unexpected("a string");
    const size_t end = rest_.find(quote);
    if (end == std::string_view::npos) return Unexpected("a closing quote");
    std::string value(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return value;
  }

  absl::Status Bool() {
    Skip(' ');
    header_.fortran_order = rest_.starts_with("True");
    if (!header_.fortran_order && !rest_.starts_with("False")) return Unexpected("True or False");
    rest_.remove_prefix(header_.fortran_order ? 4 : 5);
    return absl::OkStatus();
  }

  absl::Status Tuple() {
    if (!Skip('(')) return Unexpected("(");
    while (!Skip(')')) {
      size_t size = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (error != std::errc()) return Unexpected("a size");
      rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
      header_.shape.push_back(size);
      if (!Skip(',') && !rest_.starts_with(')')) return Unexpected(", or )");
    }
    return absl::OkStatus();
  }

  absl::Status Member() {
    HILLOCK_ASSIGN_OR_RETURN(const std::string key, String());
    if (!Skip(':')) return Unexpected(":");
    ++seen_;
    if (key == "fortran_order") return Bool();
    if (key == "shape" && header_.shape.empty()) return Tuple();
    if (key != "descr") return Unexpected("a member NumPy writes, once");
    HILLOCK_ASSIGN_OR_RETURN(header_.type, String());
    return absl::OkStatus();
  }

  std::string_view text_;
  std::string_view rest_;
  Header header_;
  int seen_ = 0;
};

using Load = double (*)(const char*);

template <typename T>
double LoadAs(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(value));
  return static_cast<double>(value);
}

struct ElementType {
  std::string_view name;
  size_t bytes;
  Load load;
};

template <typename T>
constexpr ElementType Element(std::string_view name) {
  return {name, sizeof(T), LoadAs<T>};
}

constexpr std::array kElementTypes{
    Element<float>("<f4"),    Element<double>("<f8"),   Element<int8_t>("|i1"),
    Element<uint8_t>("|u1"),  Element<int8_t>("<i1"),   Element<uint8_t>("<u1"),
    Element<int16_t>("<i2"),  Element<uint16_t>("<u2"), Element<int32_t>("<i4"),
    Element<uint32_t>("<u4"), Element<int64_t>("<i8"),  Element<uint64_t>("<u8"),
};

absl::StatusOr<ElementType> FindType(const std::string& name) {
  for (const ElementType& type : kElementTypes) {
    if (type.name == name) return type;
  }
  return Bad(fmt::format("elements of type {}, want little-endian f4 f8 i1 u1 i2 u2 i4 u4 i8 or u8",
                         Quoted(name)));
}

// Splits `content` into its header's text and the array's bytes.
struct Parts {
  std::string_view header;
  std::string_view data;
};

absl::StatusOr<Parts> Split(std::string_view content) {
  if (!IsNpy(content)) return Bad("it does not start as a NumPy array file does");
  const size_t fixed = kMagic.size() + 2;
  const int version = content.size() > fixed ? content[kMagic.size()] : 0;
  if (version < 1 || version > 3) return Bad(fmt::format("format {}, want 1, 2 or 3", version));
  const size_t length_bytes = version == 1 ? 2 : 4;
  std::string_view rest = content.substr(fixed);
  if (rest.size() < length_bytes) return Bad("it ends inside the header's length");
  uint32_t length = 0;
  std::memcpy(&length, rest.data(), length_bytes);
  rest.remove_prefix(length_bytes);
  if (length > rest.size()) {
    return Bad(fmt::format("a header of {} bytes, but only {} follow", length, rest.size()));
  }
  return Parts{rest.substr(0, length), rest.substr(length)};
}

struct Extent {
  size_t rows;
  size_t width;
};

absl::StatusOr<Extent> ToExtent(const std::vector<size_t>& shape, size_t want_width) {
  if (shape.size() != 1 && shape.size() != 2) {
    return Bad(fmt::format("{} dimensions, want 2 (rows, width) or 1", shape.size()));
  }
  const bool one_row = shape.size() == 1 && want_width != 1;
  Extent extent{shape[0], shape.size() == 2 ? shape[1] : 1};
  if (one_row) extent = {1, shape[0]};
  if (want_width > 0 && extent.width != want_width) {
    return Bad(fmt::format("rows of {}, want {}", extent.width, want_width));
  }
  return extent;
}

absl::Status CheckBytes(const Extent& extent, size_t element_bytes, size_t got) {
  const size_t most = std::numeric_limits<size_t>::max() / element_bytes;
  const bool fits = extent.width == 0 || extent.rows <= most / extent.width;
  if (fits && extent.rows * extent.width * element_bytes == got) return absl::OkStatus();
  return Bad(fmt::format("{} bytes of elements, want {} x {} x {}", got, extent.rows, extent.width,
                         element_bytes));
}

absl::StatusOr<Rows> Convert(std::string_view data, const Extent& extent, bool fortran_order,
                             const ElementType& type) {
  Rows rows;
  rows.width = extent.width;
  rows.values.reserve(extent.rows * extent.width);
  for (size_t r = 0; r < extent.rows; ++r) {
    for (size_t c = 0; c < extent.width; ++c) {
      const size_t index = fortran_order ? c * extent.rows + r : r * extent.width + c;
      const double value = type.load(data.data() + index * type.bytes);
      if (!FitsFloat(value)) {
        return Bad(fmt::format("row {}, column {}: got {}, want a number that FP32 can hold", r, c,
                               value));
      }
      rows.values.push_back(static_cast<float>(value));
    }
  }
  return rows;
}

}  // namespace

bool IsNpy(std::string_view content) { return content.starts_with(kMagic); }

absl::StatusOr<Rows> ParseNpy(std::string_view content, const RowsOptions& options) {
  HILLOCK_ASSIGN_OR_RETURN(const Parts parts, Split(content));
  HILLOCK_ASSIGN_OR_RETURN(const Header header, HeaderParser(parts.header).Parse());
  HILLOCK_ASSIGN_OR_RETURN(const ElementType type, FindType(header.type));
  HILLOCK_ASSIGN_OR_RETURN(const Extent extent, ToExtent(header.shape, options.width));
  HILLOCK_RETURN_IF_ERROR(CheckBytes(extent, type.bytes, parts.data.size()));
  if (extent.width == 0) return Rows{};
  return Convert(parts.data, extent, header.fortran_order, type);
}

}  // namespace hillock::client
