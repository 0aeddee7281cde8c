// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_REST_TENSOR_JSON_H_
#define HILLOCK_SERVER_REST_TENSOR_JSON_H_

#include <string>
#include <string_view>

#include "server/core/base/status.h"

namespace hillock::rest {

// A string of JSON, quotes included. REQUIRES: it is UTF-8.
std::string Quoted(std::string_view text);

// Appends the elements of a tensor, whose raw bytes these are, as a flat array. Floats have as few
// digits as bring back the same float. INVALID_ARGUMENT for what JSON cannot have: FP16 and BF16,
// numbers that are not finite, strings that are no UTF-8. REQUIRES: bytes of that datatype.
absl::Status AppendTensorJson(std::string_view datatype, std::string_view raw, std::string& json);

}  // namespace hillock::rest

#endif  // HILLOCK_SERVER_REST_TENSOR_JSON_H_
