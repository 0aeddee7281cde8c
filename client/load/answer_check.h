// SPDX-License-Identifier: Apache-2.0

// Whether the answers under load are those that the requests get when they are sent alone.

#ifndef HILLOCK_CLIENT_LOAD_ANSWER_CHECK_H_
#define HILLOCK_CLIENT_LOAD_ANSWER_CHECK_H_

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/api/endpoint.h"
#include "proto/inference.pb.h"

namespace hillock::client {

// What has to be the same each time: the model that answers, and its outputs. Not the version, as a
// newer one may answer the same.
std::string ContentsOf(const inference::ModelInferResponse& answer);

// The answers to serialized ModelInferRequests, sent one after the other.
// Errors: the first of the server's, naming the request.
absl::StatusOr<std::vector<inference::ModelInferResponse>> AnswersAlone(
    const Endpoint& endpoint, std::span<const std::string> requests,
    std::chrono::milliseconds deadline);

// DATA_LOSS naming the request when `answer` is not what is expected of request `index`. OK when
// nothing is expected, as `expected` is empty.
absl::Status CheckAnswer(std::span<const std::string> expected, size_t index,
                         const inference::ModelInferResponse& answer);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_ANSWER_CHECK_H_
