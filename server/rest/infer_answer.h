// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_REST_INFER_ANSWER_H_
#define HILLOCK_SERVER_REST_INFER_ANSWER_H_

#include <string_view>

#include "server/core/base/status.h"
#include "server/rest/answer.h"
#include "server/rest/infer_request.h"

namespace hillock::rest {

// The answer that says what the bytes of a ModelInferResponse with raw contents say: JSON, and
// after it the bytes of `binary` outputs, in order. INVALID_ARGUMENT for outputs that JSON cannot
// have: FP16 and BF16, numbers that are not finite, strings that are no UTF-8. REQUIRES: the bytes
// are such a message, as ResponseWriter writes it.
absl::StatusOr<Answer> MakeInferAnswer(std::string_view message, const BinaryOutputs& binary);

}  // namespace hillock::rest

#endif  // HILLOCK_SERVER_REST_INFER_ANSWER_H_
