// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_INTEGRATION_SUPPORT_STREAM_H_
#define HILLOCK_TESTS_INTEGRATION_SUPPORT_STREAM_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/inference.grpc.pb.h"
#include "tests/integration/support/inference.h"

namespace hillock::testing {

// A ModelStreamInfer call. One thread may send while another receives; Cancel() is for any.
class InferStream {
 public:
  using Metadata = std::vector<std::pair<std::string, std::string>>;

  explicit InferStream(ServerProcess& server, const Metadata& metadata = {},
                       std::chrono::milliseconds timeout = std::chrono::minutes(1));

  // Cancels a call that has not been finished.
  ~InferStream();

  // False when the stream has ended.
  bool Send(const inference::ModelInferRequest& request) { return stream_->Write(request); }

  // No more requests will be sent.
  void HalfClose() { stream_->WritesDone(); }

  // The next response; none when the stream has ended.
  std::optional<inference::ModelStreamInferResponse> Receive();

  // The next response, as the answer to `request`. One in-band is an error of its code; the end of
  // the stream is OUT_OF_RANGE.
  absl::StatusOr<Answer> ReceiveAnswerTo(const inference::ModelInferRequest& request);

  void Cancel() { context_.TryCancel(); }

  // What the stream ended with. Called once, when all has been received.
  absl::Status Finish();

 private:
  grpc::ClientContext context_;
  std::unique_ptr<
      grpc::ClientReaderWriter<inference::ModelInferRequest, inference::ModelStreamInferResponse>>
      stream_;
  bool finished_ = false;
};

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_INTEGRATION_SUPPORT_STREAM_H_
