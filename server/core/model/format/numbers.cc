// SPDX-License-Identifier: Apache-2.0
#include "server/core/model/format/numbers.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "server/core/model/limits.h"

namespace hillock::model {
namespace {

static_assert(std::endian::native == std::endian::little, "the file's numbers are little-endian");

template <class T>
absl::StatusOr<std::vector<T>> Unpack(std::string_view what, std::string_view bytes) {
  if (bytes.size() % sizeof(T) != 0) {
    return absl::InvalidArgumentError(
        fmt::format("{} has {} bytes, want a multiple of {}", what, bytes.size(), sizeof(T)));
  }
  std::vector<T> numbers(bytes.size() / sizeof(T));
  if (!bytes.empty()) std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return numbers;
}

template <class T>
std::string Pack(const std::vector<T>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T)};
}

}  // namespace

absl::StatusOr<std::vector<float>> Floats(std::string_view what, std::string_view bytes) {
  return Unpack<float>(what, bytes);
}

absl::StatusOr<std::vector<uint32_t>> Integers(std::string_view what, std::string_view bytes) {
  return Unpack<uint32_t>(what, bytes);
}

absl::StatusOr<std::vector<float>> FloatsOr(std::string_view what, std::string_view bytes,
                                            size_t count, float value) {
  if (bytes.empty()) return std::vector<float>(count, value);
  return Floats(what, bytes);
}

std::string BytesOf(const std::vector<float>& floats) { return Pack(floats); }
std::string BytesOf(const std::vector<uint32_t>& integers) { return Pack(integers); }

absl::StatusOr<std::string> NameOr(std::string_view what, const std::string& given,
                                   std::string_view otherwise) {
  if (given.size() > kMaxNameBytes) {
    return absl::InvalidArgumentError(
        fmt::format("{} has {} characters, want at most {}", what, given.size(), kMaxNameBytes));
  }
  return given.empty() ? std::string(otherwise) : given;
}

}  // namespace hillock::model
