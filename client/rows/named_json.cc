// SPDX-License-Identifier: Apache-2.0
#include "client/rows/named_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "client/rows/elements.h"
#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 16;  // of arrays in each other

std::string Brief(const json& value) {
  if (value.is_array()) return fmt::format("an array of {}", value.size());
  if (value.is_object()) return fmt::format("an object with {} members", value.size());
  return Quoted(value.dump(-1, ' ', true, json::error_handler_t::replace));
}

// Collects the elements of each input, and puts them side by side.
class Assembler {
 public:
  explicit Assembler(const RowsOptions& options)
      : options_(options), elements_of_(options.inputs.size()) {
    rows_.width = options.width;
  }

  // Appends data, which may be nested, to the input of that name.
  absl::Status Add(const std::string& name, const json& data) {
    const auto input = std::ranges::find(options_.inputs, name, &InputColumns::name);
    if (input == options_.inputs.end()) {
      return absl::InvalidArgumentError(
          fmt::format("input {}: is none of the model's, the first is {}", Quoted(name),
                      Quoted(options_.inputs.front().name)));
    }
    const auto index = static_cast<size_t>(input - options_.inputs.begin());
    return Annotate(Flatten(data, input->kind, 0, elements_of_[index]),
                    fmt::format("input {}", Quoted(name)));
  }

  absl::StatusOr<Rows> Finish() {
    HILLOCK_RETURN_IF_ERROR(CountRows());
    for (size_t row = 0; row < count_; ++row) {
      for (size_t i = 0; i < options_.inputs.size(); ++i) Append(row, i);
    }
    return std::move(rows_);
  }

 private:
  absl::Status Flatten(const json& data, ElementKind kind, int depth, std::vector<float>& to) {
    if (data.is_array() && depth < kMaxDepth) {
      for (const json& part : data) HILLOCK_RETURN_IF_ERROR(Flatten(part, kind, depth + 1, to));
      return absl::OkStatus();
    }
    const bool is_text = data.is_string() && kind == ElementKind::kString;
    if (data.is_structured() || (data.is_string() && !is_text)) {
      return absl::InvalidArgumentError(fmt::format("got {}, want a number", Brief(data)));
    }
    const std::string text = is_text ? data.get<std::string>() : data.is_null() ? "" : data.dump();
    HILLOCK_ASSIGN_OR_RETURN(const float value, reader_.Read(text, kind, rows_));
    to.push_back(value);
    return absl::OkStatus();
  }

  // All inputs have as many rows, or one.
  absl::Status CountRows() {
    for (size_t i = 0; i < options_.inputs.size(); ++i) {
      const InputColumns& input = options_.inputs[i];
      const size_t elements = elements_of_[i].size();
      rows_.absent.push_back(elements == 0 && input.may_be_absent);
      if (rows_.absent.back()) continue;
      if (elements == 0 || elements % input.width != 0) {
        return absl::InvalidArgumentError(fmt::format("input {}: got {} elements, want {} a row",
                                                      Quoted(input.name), elements, input.width));
      }
      count_ = std::max(count_, elements / input.width);
    }
    for (size_t i = 0; i < options_.inputs.size(); ++i) {
      const size_t rows = elements_of_[i].size() / options_.inputs[i].width;
      if (rows_.absent[i] || rows == 1 || rows == count_) continue;
      return absl::InvalidArgumentError(fmt::format("input {}: got {} rows, want {}",
                                                    Quoted(options_.inputs[i].name), rows, count_));
    }
    return absl::OkStatus();
  }

  void Append(size_t row, size_t input) {
    const size_t width = options_.inputs[input].width;
    const std::vector<float>& elements = elements_of_[input];
    if (rows_.absent[input]) {
      rows_.values.insert(rows_.values.end(), width, 0.0f);
      return;
    }
    const size_t begin = elements.size() == width ? 0 : row * width;
    const auto from = elements.begin() + static_cast<std::ptrdiff_t>(begin);
    rows_.values.insert(rows_.values.end(), from, from + static_cast<std::ptrdiff_t>(width));
  }

  const RowsOptions& options_;
  std::vector<std::vector<float>> elements_of_;  // by input
  ElementReader reader_;
  Rows rows_;
  size_t count_ = 0;
};

absl::Status AddRow(const json& row, Assembler& assembler) {
  if (!row.is_object()) {
    return absl::InvalidArgumentError(
        fmt::format("got {}, want an object whose members are the inputs", Brief(row)));
  }
  for (const auto& [name, data] : row.items()) {
    HILLOCK_RETURN_IF_ERROR(assembler.Add(name, data));
  }
  return absl::OkStatus();
}

absl::Status AddInputs(const json& request, Assembler& assembler) {
  const auto inputs = request.find("inputs");
  if (inputs == request.end() || !inputs->is_array()) {
    return absl::InvalidArgumentError(
        fmt::format("got {}, want an \"inputs\" array", Brief(request)));
  }
  for (const json& input : *inputs) {
    const bool sound = input.is_object() && input.contains("name") && input["name"].is_string() &&
                       input.contains("data") && input["data"].is_array();
    if (!sound) {
      return absl::InvalidArgumentError(
          fmt::format("got {}, want an input with \"name\" and a \"data\" array", Brief(input)));
    }
    HILLOCK_RETURN_IF_ERROR(assembler.Add(input["name"].get<std::string>(), input["data"]));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Rows> RowsOfNamed(const json& document, const RowsOptions& options) {
  Assembler assembler(options);
  if (document.is_object()) {
    HILLOCK_RETURN_IF_ERROR(AddInputs(document, assembler));
    return assembler.Finish();
  }
  for (size_t r = 0; r < document.size(); ++r) {
    HILLOCK_RETURN_IF_ERROR(Annotate(AddRow(document[r], assembler), fmt::format("row {}", r)));
  }
  return assembler.Finish();
}

}  // namespace hillock::client
