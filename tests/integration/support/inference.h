// SPDX-License-Identifier: Apache-2.0

// The words in which tests ask for predictions.

#ifndef HILLOCK_TESTS_INTEGRATION_SUPPORT_INFERENCE_H_
#define HILLOCK_TESTS_INTEGRATION_SUPPORT_INFERENCE_H_

#include <grpcpp/client_context.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/inference.grpc.pb.h"
#include "tests/integration/support/server_process.h"

namespace hillock::testing {

enum class Form { kRaw, kTyped };

// A request for the rows in `values`, `width` floats each.
inference::ModelInferRequest MakeRequest(const std::string& model, size_t width,
                                         std::span<const float> values, Form form = Form::kRaw);

struct Answer {
  size_t width = 0;           // floats a row
  std::vector<float> values;  // empty when not asked for
  std::vector<std::string> labels;
};

// What a response says. One that is not what the protocol promises for that request is INTERNAL.
absl::StatusOr<Answer> ReadAnswer(const inference::ModelInferRequest& request,
                                  const inference::ModelInferResponse& response);

// Asks with a deadline of a minute. An answer that is not what the protocol promises is INTERNAL.
absl::StatusOr<Answer> Infer(ServerProcess& server, const inference::ModelInferRequest& request);

// The first place where the bits of two arrays differ, or their sizes; none when they are equal.
std::optional<size_t> FirstDifference(std::span<const float> a, std::span<const float> b);

absl::Status ToAbsl(const grpc::Status& status);

// Calls a plain method of a server.
template <class Request, class Response>
absl::StatusOr<Response> Call(ServerProcess& server,
                              grpc::Status (inference::GRPCInferenceService::Stub::*method)(
                                  grpc::ClientContext*, const Request&, Response*),
                              const Request& request) {
  grpc::ClientContext context;
  Response response;
  const auto status = ToAbsl((server.inference().*method)(&context, request, &response));
  if (!status.ok()) return status;
  return response;
}

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_INTEGRATION_SUPPORT_INFERENCE_H_
