// SPDX-License-Identifier: Apache-2.0
#include "client/rows/json_rows.h"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/rows/named_json.h"
#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

using nlohmann::json;

// Finds out where and why a text is not JSON.
class SyntaxError final : public nlohmann::json_sax<json> {
 public:
  const std::string& message() const { return message_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    const std::string_view what = error.what();
    message_ = Printable(what.substr(what.find("] ") + 2));
    return false;
  }

 private:
  std::string message_;
};

absl::StatusOr<json> Parse(std::string_view text) {
  json document = json::parse(text.begin(), text.end(), nullptr, false);
  if (!document.is_discarded()) return document;
  SyntaxError error;
  json::sax_parse(text.begin(), text.end(), &error);
  return absl::InvalidArgumentError(error.message());
}

std::string Brief(const json& value) {
  if (value.is_array()) return fmt::format("an array of {}", value.size());
  if (value.is_object()) return fmt::format("an object with {} members", value.size());
  return Quoted(value.dump(-1, ' ', true, json::error_handler_t::replace));
}

absl::Status Append(const json& value, size_t row, size_t column, std::vector<float>& values) {
  if (!value.is_number() || !FitsFloat(value.get<double>())) {
    return absl::InvalidArgumentError(
        fmt::format("row {}, column {}: got {}, want {}", row, column, Brief(value),
                    value.is_number() ? "a number that FP32 can hold" : "a number"));
  }
  values.push_back(static_cast<float>(value.get<double>()));
  return absl::OkStatus();
}

absl::Status CheckWidth(size_t row, size_t got, size_t want) {
  if (got > 0 && (want == 0 || got == want)) return absl::OkStatus();
  const std::string wanted = want == 0 ? "at least 1" : fmt::format("{}", want);
  return absl::InvalidArgumentError(
      fmt::format("row {}: got {} numbers, want {}", row, got, wanted));
}

absl::StatusOr<Rows> FromNested(const json& array, size_t width) {
  Rows rows;
  rows.width = width;
  for (size_t r = 0; r < array.size(); ++r) {
    const json& row = array[r];
    if (!row.is_array()) {
      return absl::InvalidArgumentError(
          fmt::format("row {}: got {}, want an array of numbers", r, Brief(row)));
    }
    HILLOCK_RETURN_IF_ERROR(CheckWidth(r, row.size(), rows.width));
    rows.width = row.size();
    for (size_t c = 0; c < row.size(); ++c) {
      HILLOCK_RETURN_IF_ERROR(Append(row[c], r, c, rows.values));
    }
  }
  return rows;
}

absl::StatusOr<Rows> FromFlat(const json& array, size_t width) {
  const bool column = width == 1;
  if (!column) HILLOCK_RETURN_IF_ERROR(CheckWidth(0, array.size(), width));
  Rows rows;
  rows.width = column ? 1 : array.size();
  for (size_t i = 0; i < array.size(); ++i) {
    HILLOCK_RETURN_IF_ERROR(Append(array[i], column ? i : 0, column ? 0 : i, rows.values));
  }
  return rows;
}

absl::StatusOr<Rows> FromArray(const json& array, size_t width) {
  if (array.empty()) return Rows{};
  return array.front().is_array() ? FromNested(array, width) : FromFlat(array, width);
}

// The row count and width that a `shape` member states.
struct Shape {
  size_t rows = 1;
  size_t width = 0;
};

absl::StatusOr<Shape> ReadShape(const json& shape) {
  const auto is_size = [](const json& d) {
    return d.is_number_unsigned() && d.get<uint64_t>() > 0 && d.get<uint64_t>() <= UINT32_MAX;
  };
  const bool sound = shape.is_array() && (shape.size() == 1 || shape.size() == 2) &&
                     is_size(shape.front()) && is_size(shape.back());
  if (!sound) {
    return absl::InvalidArgumentError(
        fmt::format("inputs[0].shape: got {}, want [rows, width] or [width], each at least 1",
                    Quoted(shape.dump(-1, ' ', true, json::error_handler_t::replace))));
  }
  return Shape{shape.size() == 2 ? shape.front().get<size_t>() : 1, shape.back().get<size_t>()};
}

absl::StatusOr<Rows> FromShaped(const json& data, const Shape& shape) {
  if (!data.empty() && data.front().is_array()) {
    HILLOCK_ASSIGN_OR_RETURN(Rows rows, FromNested(data, shape.width));
    if (rows.count() == shape.rows) return rows;
    return absl::InvalidArgumentError(
        fmt::format("inputs[0].data: got {} rows, want {}", rows.count(), shape.rows));
  }
  if (data.size() != shape.rows * shape.width) {
    return absl::InvalidArgumentError(fmt::format("inputs[0].data: got {} numbers, want {} x {}",
                                                  data.size(), shape.rows, shape.width));
  }
  Rows rows;
  rows.width = shape.width;
  for (size_t i = 0; i < data.size(); ++i) {
    HILLOCK_RETURN_IF_ERROR(Append(data[i], i / rows.width, i % rows.width, rows.values));
  }
  return rows;
}

// The only input of a request, checked to hold an array of data.
absl::StatusOr<const json*> OnlyInput(const json& request) {
  const auto inputs = request.find("inputs");
  if (inputs == request.end() || !inputs->is_array() || inputs->size() != 1 ||
      !inputs->front().is_object()) {
    return absl::InvalidArgumentError(
        fmt::format("got {}, want an \"inputs\" array of one object",
                    inputs == request.end() ? Brief(request) : Brief(*inputs)));
  }
  const json& input = inputs->front();
  if (!input.contains("data") || !input["data"].is_array()) {
    return absl::InvalidArgumentError("inputs[0]: want a \"data\" array");
  }
  return &input;
}

absl::StatusOr<Rows> FromRequest(const json& request, size_t width) {
  HILLOCK_ASSIGN_OR_RETURN(const json* input, OnlyInput(request));
  const json& data = (*input)["data"];
  if (!input->contains("shape")) return FromArray(data, width);
  HILLOCK_ASSIGN_OR_RETURN(const Shape shape, ReadShape((*input)["shape"]));
  if (width > 0 && shape.width != width) {
    return absl::InvalidArgumentError(
        fmt::format("inputs[0].shape: got {} numbers a row, want {}", shape.width, width));
  }
  return FromShaped(data, shape);
}

// Whether the rows are of inputs by name: of several, of other than numbers, or so written.
bool IsNamed(const json& document, const RowsOptions& options) {
  if (options.inputs.empty() || document.empty()) return false;
  const bool is_one = options.inputs.size() == 1;
  if (document.is_array()) return document.front().is_object();
  return document.is_object() && !(is_one && options.inputs.front().kind == ElementKind::kNumber);
}

}  // namespace

absl::StatusOr<Rows> ParseJson(std::string_view text, const RowsOptions& options) {
  HILLOCK_ASSIGN_OR_RETURN(const json document, Parse(text));
  if (IsNamed(document, options)) return RowsOfNamed(document, options);
  if (document.is_array()) return FromArray(document, options.width);
  if (document.is_object()) return FromRequest(document, options.width);
  return absl::InvalidArgumentError(
      fmt::format("got {}, want an array of rows or a request", Brief(document)));
}

}  // namespace hillock::client
