// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_API_CLIENT_H_
#define HILLOCK_CLIENT_API_CLIENT_H_

#include <grpcpp/channel.h>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/api/endpoint.h"
#include "client/api/model_input.h"
#include "client/api/tensor.h"
#include "proto/health.grpc.pb.h"
#include "proto/inference.grpc.pb.h"

namespace hillock::client {

struct ClientOptions {
  // Time that one call may take, its connection included. Longer becomes DEADLINE_EXCEEDED.
  std::chrono::milliseconds deadline{10'000};

  // Max rows in one request; more are sent as several requests, one after another. At least 1.
  size_t batch_rows = 256;
};

// Rows for one model. The values are borrowed for the call.
struct InferInput {
  std::string model;
  std::string version;  // empty: the highest served
  std::string input;    // name of the FP32 input tensor, when `inputs` is empty
  size_t width = 0;     // floats a row
  std::span<const float> values;

  // The inputs that lie side by side in a row; one that is `absent` is not sent. Elements of BYTES
  // are positions in `words`; below 0 they are the empty string.
  std::span<const ModelInput> inputs{};
  std::span<const char> absent{};
  std::span<const std::string> words{};

  std::span<const std::string> outputs{};  // those to ask for; empty: all
};

// The request that asks for all rows of `input` at once. REQUIRES: a whole number of rows.
inference::ModelInferRequest MakeInferRequest(const InferInput& input);

struct InferOutput {
  std::string version;  // that answered; the same for all rows
  std::vector<Tensor> outputs;
};

// Names of classes, in order, by the output that has them; "" when that is the only one.
using NamesByOutput = std::map<std::string, std::vector<std::string>>;

// Calls an inference server over one channel.
//
// An error has the code and message that the server gave; one that never reached a server is
// UNAVAILABLE or DEADLINE_EXCEEDED with what gRPC says of it. Proxies in the environment are
// ignored. Thread-safe.
class Client {
 public:
  // A client of the server at `endpoint`. The connection is made by the first call.
  // Errors: as of OpenChannel().
  static absl::StatusOr<Client> Connect(const Endpoint& endpoint, ClientOptions options);

  absl::StatusOr<bool> Live() const;
  absl::StatusOr<bool> Ready() const;
  absl::StatusOr<inference::ModelMetadataResponse> ModelMetadata(const std::string& model,
                                                                 const std::string& version) const;
  // The names of a model's classes; none when it has none, or the server does not report them.
  absl::StatusOr<NamesByOutput> ClassNames(const std::string& model,
                                           const std::string& version) const;
  absl::StatusOr<inference::RepositoryIndexResponse> RepositoryIndex() const;

  // Has the server load, or unload, a model of its repository; done when they return.
  absl::Status LoadModel(const std::string& model) const;
  absl::Status UnloadModel(const std::string& model) const;

  // Answers for every row, or the first error, which names its rows when they were sent as several
  // requests. All rows are answered by the version that answered the first. REQUIRES: at least one
  // row, and a whole number of them.
  absl::StatusOr<InferOutput> Infer(const InferInput& input) const;

  // Health of `service`, or of the server when that is empty, within at most `deadline`.
  absl::StatusOr<grpc::health::v1::HealthCheckResponse::ServingStatus> Check(
      const std::string& service, std::chrono::milliseconds deadline) const;

  const ClientOptions& options() const { return options_; }

 private:
  Client(const std::shared_ptr<grpc::Channel>& channel, ClientOptions options);

  absl::Status InferSome(const InferInput& input, size_t first_row, InferOutput& all) const;

  ClientOptions options_;
  std::unique_ptr<inference::GRPCInferenceService::StubInterface> inference_;
  std::unique_ptr<grpc::health::v1::Health::StubInterface> health_;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_API_CLIENT_H_
