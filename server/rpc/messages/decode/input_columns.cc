// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/decode/input_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "server/rpc/messages/typed_contents.h"

namespace hillock::rpc {

using model::Conversion;
using model::Datatype;

void InputColumns::FillZeros(size_t rows) {
  for (size_t row = 0; row < rows; ++row) std::fill_n(first_ + row * stride_, width(), 0.0f);
}

absl::Status InputColumns::FillRaw(Datatype sent, std::string_view raw, size_t elements) {
  if (sent == Datatype::kBytes) return FillStrings(raw, elements);
  return Add({sent, sent, input_.input.datatype}, raw.data(), elements);
}

absl::Status InputColumns::FillTyped(Datatype sent, const InputView& from) {
  if (sent == Datatype::kBytes) {
    from.ForEachRun([this](std::string_view text) { AddString(text); });
    return absl::OkStatus();
  }
  const Conversion conversion{FieldOf(sent).stored, sent, input_.input.datatype};
  absl::Status status;
  ForEachBlock(from, sent, [&](const char* elements, size_t count) {
    if (status.ok()) status = Add(conversion, elements, count);
  });
  return status;
}

// All at once when no other input is between the rows, else what is of one row. Elements may come
// in blocks that end anywhere, so filled_ is where the last one did. ToFloats() stops at the first
// element that the datatype cannot hold, which the error then names.
absl::Status InputColumns::Add(const Conversion& conversion, const char* elements, size_t count) {
  const size_t bytes = model::SpecOf(conversion.stored).bytes;
  for (size_t done = 0; done < count;) {
    const size_t column = filled_ % width();
    const size_t left = count - done;
    const size_t run = stride_ == width() ? left : std::min(left, width() - column);
    const size_t sound =
        model::ToFloats(conversion, elements + done * bytes, run, RowOf(filled_) + column);
    filled_ += sound;
    done += sound;
    if (sound == run) continue;
    return absl::InvalidArgumentError(fmt::format(
        "input '{}': row {}, column {} is {}, want {}", input_.name(), filled_ / width(),
        filled_ % width(), model::TextOf(conversion.stored, elements + done * bytes),
        model::WantOf(conversion)));
  }
  return absl::OkStatus();
}

void InputColumns::AddString(std::string_view text) {
  RowOf(filled_)[filled_ % width()] = model_.FindWord(text);
  ++filled_;
}

// Each is its length in four bytes, and its bytes.
absl::Status InputColumns::FillStrings(std::string_view raw, size_t elements) {
  std::string_view rest = raw;
  for (size_t i = 0; i < elements; ++i) {
    uint32_t length = 0;
    if (rest.size() >= sizeof length) std::memcpy(&length, rest.data(), sizeof length);
    if (rest.size() < sizeof length || rest.size() - sizeof length < length) {
      return absl::InvalidArgumentError(
          fmt::format("input '{}': its {} bytes end within string {} of {}", input_.name(),
                      raw.size(), i, elements));
    }
    AddString(rest.substr(sizeof length, length));
    rest.remove_prefix(sizeof length + length);
  }
  if (rest.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format(
      "input '{}': {} bytes follow the last of {} strings", input_.name(), rest.size(), elements));
}

void InputColumns::Repeat(size_t rows) {
  for (size_t row = 1; row < rows; ++row) std::copy_n(first_, width(), first_ + row * stride_);
}

}  // namespace hillock::rpc
