// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/echo_server.h"

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/inference.grpc.pb.h"

namespace hillock::bench {
namespace {

using Service = inference::GRPCInferenceService::WithAsyncMethod_ModelInfer<
    inference::GRPCInferenceService::Service>;

constexpr size_t kPostedCalls = 32;

class EchoCall {
 public:
  EchoCall(Service& service, grpc::ServerCompletionQueue& queue, size_t floats)
      : service_(service), queue_(queue), floats_(floats) {
    Post();
  }

  void Ready(bool ok) {
    if (!ok) return;
    if (finishing_) return Post();
    finishing_ = true;
    response_.set_model_name(request_.model_name());
    response_.set_model_version("1");
    response_.set_id(request_.id());
    auto& output = *response_.add_outputs();
    output.set_name("output");
    output.set_datatype("FP32");
    output.add_shape(1);
    output.add_shape(static_cast<int64_t>(floats_));
    response_.add_raw_output_contents()->resize(floats_ * sizeof(float));
    writer_->Finish(response_, grpc::Status::OK, this);
  }

 private:
  void Post() {
    finishing_ = false;
    request_.Clear();
    response_.Clear();
    writer_.reset();
    context_.emplace();
    writer_.emplace(&*context_);
    service_.RequestModelInfer(&*context_, &request_, &*writer_, &queue_, &queue_, this);
  }

  Service& service_;
  grpc::ServerCompletionQueue& queue_;
  const size_t floats_;
  bool finishing_ = false;
  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncResponseWriter<inference::ModelInferResponse>> writer_;
  inference::ModelInferRequest request_;
  inference::ModelInferResponse response_;
};

}  // namespace

void ServeEcho(size_t floats) {
  Service service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto queue = builder.AddCompletionQueue();
  const auto server = builder.BuildAndStart();
  std::vector<std::unique_ptr<EchoCall>> calls;
  // Twice as many as stay posted while the others are being answered.
  for (size_t i = 0; i < 2 * kPostedCalls; ++i) {
    calls.push_back(std::make_unique<EchoCall>(service, *queue, floats));
  }
  std::printf("127.0.0.1:%d\n", port);
  std::fflush(stdout);
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) static_cast<EchoCall*>(tag)->Ready(ok);
}

}  // namespace hillock::bench
