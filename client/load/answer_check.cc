// SPDX-License-Identifier: Apache-2.0
#include "client/load/answer_check.h"

#include <fmt/format.h>
#include <grpcpp/client_context.h>

#include <utility>

#include "client/api/channel.h"
#include "proto/inference.grpc.pb.h"
#include "server/core/base/status.h"

namespace hillock::client {

std::string ContentsOf(const inference::ModelInferResponse& answer) {
  inference::ModelInferResponse contents = answer;
  contents.clear_id();
  contents.clear_model_version();
  contents.clear_parameters();
  return contents.SerializeAsString();
}

absl::StatusOr<std::vector<inference::ModelInferResponse>> AnswersAlone(
    const Endpoint& endpoint, std::span<const std::string> requests,
    std::chrono::milliseconds deadline) {
  HILLOCK_ASSIGN_OR_RETURN(const auto channel, OpenChannel(endpoint, DefaultArguments()));
  const auto stub = inference::GRPCInferenceService::NewStub(channel);
  std::vector<inference::ModelInferResponse> answers;
  for (size_t i = 0; i < requests.size(); ++i) {
    inference::ModelInferRequest request;
    HILLOCK_CHECK(request.ParseFromString(requests[i]));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + deadline);
    inference::ModelInferResponse answer;
    const grpc::Status status = stub->ModelInfer(&context, request, &answer);
    if (!status.ok()) {
      return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                          fmt::format("request {} alone: {}", i, status.error_message()));
    }
    answers.push_back(std::move(answer));
  }
  return answers;
}

absl::Status CheckAnswer(std::span<const std::string> expected, size_t index,
                         const inference::ModelInferResponse& answer) {
  if (expected.empty() || ContentsOf(answer) == expected[index]) return absl::OkStatus();
  return absl::DataLossError(
      fmt::format("request {} got other outputs than when it was sent alone", index));
}

}  // namespace hillock::client
