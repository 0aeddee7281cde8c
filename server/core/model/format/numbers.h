// SPDX-License-Identifier: Apache-2.0

// Numbers and names as a model.mlp file holds them. `what` names the field in messages.

#ifndef HILLOCK_SERVER_CORE_MODEL_FORMAT_NUMBERS_H_
#define HILLOCK_SERVER_CORE_MODEL_FORMAT_NUMBERS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"

namespace hillock::model {

// Little-endian and densely packed, four bytes each. INVALID_ARGUMENT for a part of one.
absl::StatusOr<std::vector<float>> Floats(std::string_view what, std::string_view bytes);
absl::StatusOr<std::vector<uint32_t>> Integers(std::string_view what, std::string_view bytes);

// As Floats, but an empty field stands for `count` times `value`. REQUIRES: other bytes of the file
// bear out `count`.
absl::StatusOr<std::vector<float>> FloatsOr(std::string_view what, std::string_view bytes,
                                            size_t count, float value);

std::string BytesOf(const std::vector<float>& floats);
std::string BytesOf(const std::vector<uint32_t>& integers);

// `given`, or `otherwise` where it is empty. INVALID_ARGUMENT above kMaxNameBytes.
absl::StatusOr<std::string> NameOr(std::string_view what, const std::string& given,
                                   std::string_view otherwise);

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_FORMAT_NUMBERS_H_
