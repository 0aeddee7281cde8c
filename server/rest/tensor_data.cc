// SPDX-License-Identifier: Apache-2.0
#include "server/rest/tensor_data.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

namespace hillock::rest {
namespace {

static_assert(std::endian::native == std::endian::little, "raw tensors are copied as they are");

template <class T>
void Append(T value, std::string& raw) {
  raw.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <class T, class Number>
absl::Status OutOfRange(Number got, size_t index) {
  return absl::InvalidArgumentError(
      fmt::format("got {} as element {}, want a {} of {} to {}", got, index,
                  std::is_integral_v<T> ? "whole number" : "number",
                  std::numeric_limits<T>::lowest(), std::numeric_limits<T>::max()));
}

}  // namespace

std::string_view TensorData::NameOf(Kind kind) {
  switch (kind) {
    case Kind::kBools:
      return "true or false";
    case Kind::kStrings:
      return "strings";
    default:
      return "numbers";
  }
}

absl::Status TensorData::Expect(Kind kind) {
  const bool are_numbers = kind_ <= Kind::kFloats && kind <= Kind::kFloats;
  if (kind_ != Kind::kNone && kind_ != kind && !are_numbers) {
    return absl::InvalidArgumentError(
        fmt::format("got {} after {}, as element {}", NameOf(kind), NameOf(kind_), count_));
  }
  if (kind_ == Kind::kIntegers && kind == Kind::kFloats) MakeFloats();
  if (kind_ != Kind::kFloats) kind_ = kind;
  ++count_;
  return absl::OkStatus();
}

void TensorData::MakeFloats() {
  floats_.reserve(2 * integers_.size());
  for (const int64_t value : integers_) {
    const bool is_large = has_large_ && value < 0;
    floats_.push_back(is_large ? static_cast<double>(static_cast<uint64_t>(value))
                               : static_cast<double>(value));
  }
  integers_ = {};
  kind_ = Kind::kFloats;
}

absl::Status TensorData::AddInteger(int64_t value) {
  HILLOCK_RETURN_IF_ERROR(Expect(Kind::kIntegers));
  if (kind_ == Kind::kFloats) {
    floats_.push_back(static_cast<double>(value));
    return absl::OkStatus();
  }
  has_negative_ |= value < 0;
  if (has_negative_ && has_large_) {
    return absl::InvalidArgumentError(fmt::format(
        "got a negative number and one of over {}, as element {}", INT64_MAX, count_ - 1));
  }
  integers_.push_back(value);
  return absl::OkStatus();
}

absl::Status TensorData::AddUnsigned(uint64_t value) {
  if (value <= INT64_MAX) return AddInteger(static_cast<int64_t>(value));
  if (kind_ == Kind::kFloats || has_negative_) return AddFloat(static_cast<double>(value));
  HILLOCK_RETURN_IF_ERROR(Expect(Kind::kIntegers));
  has_large_ = true;
  integers_.push_back(static_cast<int64_t>(value));
  return absl::OkStatus();
}

absl::Status TensorData::AddFloat(double value) {
  HILLOCK_RETURN_IF_ERROR(Expect(Kind::kFloats));
  floats_.push_back(value);
  return absl::OkStatus();
}

absl::Status TensorData::AddBool(bool value) {
  HILLOCK_RETURN_IF_ERROR(Expect(Kind::kBools));
  integers_.push_back(value ? 1 : 0);
  return absl::OkStatus();
}

absl::Status TensorData::AddString(std::string_view value) {
  HILLOCK_RETURN_IF_ERROR(Expect(Kind::kStrings));
  Append(static_cast<uint32_t>(value.size()), strings_);
  strings_ += value;
  return absl::OkStatus();
}

template <class T>
absl::Status TensorData::AppendIntegers(std::string& raw) const {
  for (size_t i = 0; i < integers_.size(); ++i) {
    const int64_t value = integers_[i];
    const auto large = static_cast<uint64_t>(value);
    const bool is_large = has_large_ && value < 0;
    if constexpr (std::is_integral_v<T>) {
      const bool fits = is_large ? std::in_range<T>(large) : std::in_range<T>(value);
      if (!fits && is_large) return OutOfRange<T>(large, i);
      if (!fits) return OutOfRange<T>(value, i);
      Append(is_large ? static_cast<T>(large) : static_cast<T>(value), raw);
    } else {
      Append(is_large ? static_cast<T>(large) : static_cast<T>(value), raw);
    }
  }
  return absl::OkStatus();
}

// A number such as 3.0 is a whole one. 2^53 bounds those that a double holds exactly.
template <class T>
absl::Status TensorData::AppendFloats(std::string& raw) const {
  constexpr double kExact = 9007199254740992.0;
  for (size_t i = 0; i < floats_.size(); ++i) {
    const double value = floats_[i];
    if constexpr (std::is_integral_v<T>) {
      const bool is_whole = std::trunc(value) == value && std::abs(value) <= kExact;
      if (!is_whole || !std::in_range<T>(static_cast<int64_t>(value))) {
        return OutOfRange<T>(value, i);
      }
    } else if (std::abs(value) > static_cast<double>(std::numeric_limits<T>::max())) {
      return OutOfRange<T>(value, i);
    }
    Append(static_cast<T>(value), raw);
  }
  return absl::OkStatus();
}

template <class T>
absl::Status TensorData::AppendNumbers(std::string& raw) const {
  raw.reserve(raw.size() + count_ * sizeof(T));
  return kind_ == Kind::kFloats ? AppendFloats<T>(raw) : AppendIntegers<T>(raw);
}

absl::Status TensorData::CheckKind(model::Datatype datatype) const {
  const model::DatatypeSpec& spec = model::SpecOf(datatype);
  if (spec.kind == model::DatatypeKind::kFloat && spec.bytes == 2) {
    return absl::InvalidArgumentError(fmt::format(
        "got JSON for {}, want its bytes after the JSON (binary_data_size)", spec.name));
  }
  bool fits = kind_ == Kind::kIntegers || kind_ == Kind::kFloats;
  if (spec.kind == model::DatatypeKind::kString) fits = kind_ == Kind::kStrings;
  if (spec.kind == model::DatatypeKind::kBool) {
    fits = kind_ == Kind::kBools || kind_ == Kind::kIntegers;
  }
  if (fits || count_ == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("got {}, want elements of {}", NameOf(kind_), spec.name));
}

absl::Status TensorData::AppendBools(std::string& raw) const {
  for (const int64_t value : integers_) {
    if (value != 0 && value != 1) {
      return absl::InvalidArgumentError(fmt::format("got {}, want true or false", value));
    }
    raw.push_back(static_cast<char>(value));
  }
  return absl::OkStatus();
}

absl::Status TensorData::AppendTo(std::string& raw, model::Datatype datatype) const {
  using enum model::Datatype;
  HILLOCK_RETURN_IF_ERROR(CheckKind(datatype));
  switch (datatype) {
    case kBool:
      return AppendBools(raw);
    case kUint8:
      return AppendNumbers<uint8_t>(raw);
    case kUint16:
      return AppendNumbers<uint16_t>(raw);
    case kUint32:
      return AppendNumbers<uint32_t>(raw);
    case kUint64:
      return AppendNumbers<uint64_t>(raw);
    case kInt8:
      return AppendNumbers<int8_t>(raw);
    case kInt16:
      return AppendNumbers<int16_t>(raw);
    case kInt32:
      return AppendNumbers<int32_t>(raw);
    case kInt64:
      return AppendNumbers<int64_t>(raw);
    case kFp64:
      return AppendNumbers<double>(raw);
    case kBytes:
      raw += strings_;
      return absl::OkStatus();
    default:
      return AppendNumbers<float>(raw);
  }
}

}  // namespace hillock::rest
