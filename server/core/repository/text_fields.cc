// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/text_fields.h"

#include <fmt/format.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <utility>

namespace hillock::repository {
namespace {

namespace io = google::protobuf::io;
using io::Tokenizer;

constexpr int kMaxDepth = 100;         // of messages and lists in each other
constexpr size_t kMaxFields = 10'000;  // of the whole text

absl::Status At(int line, int column, std::string_view complaint) {
  return absl::InvalidArgumentError(fmt::format("line {}, column {}: {}", line, column, complaint));
}

// Keeps the first error.
class FirstError final : public io::ErrorCollector {
 public:
  void AddError(int line, io::ColumnNumber column, const std::string& message) override {
    if (status_.ok()) status_ = At(line + 1, column + 1, message);
  }
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

// Recursive descent over
//   fields = { name [":"] value [";" | ","] }
//   value  = "{" fields "}" | "<" fields ">" | "[" value { "," value } "]" | scalar
class Parser {
 public:
  explicit Parser(std::string_view text)
      : input_(text.data(), static_cast<int>(text.size())), tokens_(&input_, &error_) {
    tokens_.set_comment_style(Tokenizer::SH_COMMENT_STYLE);
    tokens_.set_require_space_after_number(false);
    tokens_.Next();
  }

  absl::StatusOr<std::vector<TextField>> Parse() {
    std::vector<TextField> fields;
    HILLOCK_RETURN_IF_ERROR(Fields("", 0, fields));
    HILLOCK_RETURN_IF_ERROR(error_.status());
    return fields;
  }

 private:
  bool Is(std::string_view symbol) { return tokens_.current().text == symbol && !IsString(); }
  bool IsString() { return tokens_.current().type == Tokenizer::TYPE_STRING; }
  bool IsEnd() { return tokens_.current().type == Tokenizer::TYPE_END; }

  // Past that symbol, if it is the next.
  bool Take(std::string_view symbol) {
    const bool is = Is(symbol);
    if (is) tokens_.Next();
    return is;
  }

  absl::Status Unexpected(std::string_view want) {
    HILLOCK_RETURN_IF_ERROR(error_.status());
    const auto& token = tokens_.current();
    const std::string got = IsEnd() ? "the end" : fmt::format("'{}'", Excerpt(token.text));
    return At(token.line + 1, token.column + 1, fmt::format("got {}, want {}", got, want));
  }

  // Up to `end`, which is taken; "" is the end of the text.
  absl::Status Fields(std::string_view end, int depth, std::vector<TextField>& fields) {
    while (end.empty() ? !IsEnd() : !Take(end)) {
      if (tokens_.current().type != Tokenizer::TYPE_IDENTIFIER) return Unexpected("a field's name");
      TextField field{.name = tokens_.current().text,
                      .line = tokens_.current().line + 1,
                      .column = static_cast<int>(tokens_.current().column) + 1};
      tokens_.Next();
      const bool has_colon = Take(":");
      if (!has_colon && !Is("{") && !Is("<") && !Is("[")) return Unexpected("':' or '{'");
      HILLOCK_RETURN_IF_ERROR(Value(field, depth, fields));
      if (!Take(";")) Take(",");
    }
    return absl::OkStatus();
  }

  // Appends `field` with its value, or once for each element of a list.
  absl::Status Value(TextField field, int depth, std::vector<TextField>& fields) {
    if (++count_ > kMaxFields)
      return ComplaintAt(field, fmt::format("more than {} fields", kMaxFields));
    if (depth == kMaxDepth) {
      return ComplaintAt(field, fmt::format("messages more than {} deep in each other", kMaxDepth));
    }
    if (Take("[")) return List(field, depth, fields);
    if (Take("{")) {
      HILLOCK_RETURN_IF_ERROR(Fields("}", depth + 1, field.fields));
    } else if (Take("<")) {
      HILLOCK_RETURN_IF_ERROR(Fields(">", depth + 1, field.fields));
    } else {
      HILLOCK_RETURN_IF_ERROR(Scalar(field.text));
    }
    fields.push_back(std::move(field));
    return absl::OkStatus();
  }

  absl::Status List(const TextField& field, int depth, std::vector<TextField>& fields) {
    if (Take("]")) return absl::OkStatus();
    do {
      HILLOCK_RETURN_IF_ERROR(Value(field, depth + 1, fields));
    } while (Take(","));
    return Take("]") ? absl::OkStatus() : Unexpected("',' or ']'");
  }

  // Strings that follow each other are one.
  absl::Status Scalar(std::string& text) {
    if (IsString()) {
      for (; IsString(); tokens_.Next())
        Tokenizer::ParseStringAppend(tokens_.current().text, &text);
      return absl::OkStatus();
    }
    if (Take("-")) text.push_back('-');
    if (IsEnd() || tokens_.current().type == Tokenizer::TYPE_SYMBOL) return Unexpected("a value");
    text += tokens_.current().text;
    tokens_.Next();
    return absl::OkStatus();
  }

  io::ArrayInputStream input_;
  FirstError error_;
  Tokenizer tokens_;
  size_t count_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<TextField>> ParseTextFields(std::string_view text) {
  return Parser(text).Parse();
}

absl::Status ComplaintAt(const TextField& field, std::string_view complaint) {
  return At(field.line, field.column, complaint);
}

}  // namespace hillock::repository
