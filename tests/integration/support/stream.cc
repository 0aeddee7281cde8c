// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/support/stream.h"

#include "server/core/base/status.h"

namespace hillock::testing {
namespace {

using inference::ModelStreamInferResponse;

// The status that an error_message, "CODE: message", spells.
absl::Status ReadError(const std::string& text) {
  for (int code = 1; code <= static_cast<int>(absl::StatusCode::kUnauthenticated); ++code) {
    const auto name = absl::StatusCodeToString(static_cast<absl::StatusCode>(code)) + ": ";
    if (text.starts_with(name)) {
      return absl::Status(static_cast<absl::StatusCode>(code), text.substr(name.size()));
    }
  }
  return absl::InternalError("an error without a code: " + text);
}

}  // namespace

InferStream::InferStream(ServerProcess& server, const Metadata& metadata,
                         std::chrono::milliseconds timeout) {
  for (const auto& [key, value] : metadata) context_.AddMetadata(key, value);
  context_.set_deadline(std::chrono::system_clock::now() + timeout);
  stream_ = server.inference().ModelStreamInfer(&context_);
}

InferStream::~InferStream() {
  if (finished_) return;
  Cancel();
  while (Receive()) continue;
  stream_->Finish();
}

std::optional<ModelStreamInferResponse> InferStream::Receive() {
  ModelStreamInferResponse response;
  if (!stream_->Read(&response)) return std::nullopt;
  return response;
}

absl::StatusOr<Answer> InferStream::ReceiveAnswerTo(const inference::ModelInferRequest& request) {
  const auto response = Receive();
  if (!response) return absl::OutOfRangeError("the stream has ended");
  if (response->error_message().empty()) return ReadAnswer(request, response->infer_response());
  if (response->infer_response().id() != request.id()) {
    return absl::InternalError("an error with a wrong id: " + response->ShortDebugString());
  }
  return ReadError(response->error_message());
}

absl::Status InferStream::Finish() {
  finished_ = true;
  return ToAbsl(stream_->Finish());
}

}  // namespace hillock::testing
