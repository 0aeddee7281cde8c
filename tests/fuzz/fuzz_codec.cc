// SPDX-License-Identifier: Apache-2.0

// Any bytes are read as protobuf parses them, a request is decoded inside its own bytes or refused,
// and an accepted one is answered with the bytes that protobuf would write.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "proto/inference.pb.h"
#include "server/core/base/clock.h"
#include "server/core/base/status.h"
#include "server/lifecycle/model_compiler.h"
#include "server/lifecycle/served_model.h"
#include "server/metrics/registry.h"
#include "server/rpc/messages/codec.h"
#include "server/rpc/messages/request_view.h"
#include "server/rpc/messages/response_writer.h"
#include "tests/support/is_view_of.h"
#include "tests/support/mlp_builder.h"

namespace {

using hillock::lifecycle::ServedModel;
using hillock::rpc::AnswerKind;
using hillock::rpc::InferView;
using hillock::rpc::RequestView;
using hillock::transport::Buffer;

constexpr size_t kMaxRows = 64;

std::shared_ptr<ServedModel> Serve(hillock::model::Mlp mlp) {
  static hillock::metrics::Registry registry(1, {});
  return *hillock::lifecycle::ModelCompiler(1, registry, hillock::Clock::Monotonic())
              .Compile("m", 1, std::make_shared<const hillock::model::Mlp>(std::move(mlp)),
                       {.limits = {.max_rows = kMaxRows}});
}

std::shared_ptr<ServedModel> MakeModel() {
  return Serve(hillock::testing::MlpBuilder(2)
                   .Add(3, "softmax")
                   .Output("output", {"a", "b", "c"})
                   .Add(1, "tanh")
                   .Output("value")
                   .From(1)
                   .Add(2, "sigmoid")
                   .Output("tags")
                   .Multilabel()
                   .Build());
}

// Its inputs and outputs have many datatypes and shapes. The first is also called "input", so that
// requests for the other model are half of what this one wants.
std::shared_ptr<ServedModel> MakeModelOfAFile() {
  using hillock::model::Datatype;
  hillock::model::Mlp mlp = hillock::testing::MlpBuilder(5)
                                .Add(1, "identity")
                                .Output("label")
                                .Add(2, "softmax")
                                .Output("probabilities")
                                .Build();
  mlp.inputs = {{.name = "input", .shape = {-1, 1, 2}, .width = 2, .takes_non_finite = true},
                {.name = "code",
                 .datatype = Datatype::kInt16,
                 .shape = {-2},
                 .width = 2,
                 .required = false,
                 .low = {-3, -3},
                 .high = {4, 4}},
                {.name = "word",
                 .datatype = Datatype::kBytes,
                 .shape = {1},
                 .width = 1,
                 .required = false,
                 .shared = true}};
  mlp.words = {"a", "bc"};
  mlp.outputs[0].datatype = Datatype::kBytes;
  mlp.outputs[0].shape = {-1};
  mlp.outputs[1].datatype = Datatype::kUint64;
  mlp.outputs.push_back(
      {.name = "version", .datatype = Datatype::kFp64, .is_constant = true, .constant = {3}});
  mlp.left_out = {{"noise", "it is drawn"}};
  return Serve(std::move(mlp));
}

// `Message` is of that kind.
template <class Message>
Message Answer(const RequestView& request, const ServedModel& model, const InferView& view,
               AnswerKind kind) {
  Buffer buffer;
  hillock::rpc::ResponseWriter writer;
  const auto rooms = writer.Begin(request, model, view, kind, buffer);
  for (size_t i = 0; i < rooms.size(); ++i) {
    if (rooms[i] == nullptr) continue;
    std::memset(rooms[i], 0, view.rows * model.outputs()[i].width * sizeof(float));
  }
  HILLOCK_CHECK(writer.End().ok());
  Message message;
  HILLOCK_CHECK(message.ParseFromArray(buffer.data(), static_cast<int>(buffer.size())));
  HILLOCK_CHECK(message.SerializeAsString() == buffer.view());
  return message;
}

void CheckAnswers(const RequestView& request, const ServedModel& model, const InferView& view) {
  const auto unary =
      Answer<inference::ModelInferResponse>(request, model, view, AnswerKind::kUnary);
  HILLOCK_CHECK(static_cast<size_t>(unary.outputs_size()) ==
                view.values.count() + view.labels.count());
  HILLOCK_CHECK(unary.id() == request.id);
  const auto stream =
      Answer<inference::ModelStreamInferResponse>(request, model, view, AnswerKind::kStream);
  HILLOCK_CHECK(stream.infer_response().parameters().contains("triton_final_response") ==
                request.wants_final);
}

void CheckError(const RequestView& request, const absl::Status& status) {
  Buffer buffer;
  hillock::rpc::WriteStreamError(request, status, buffer);
  inference::ModelStreamInferResponse message;
  HILLOCK_CHECK(message.ParseFromArray(buffer.data(), static_cast<int>(buffer.size())));
  HILLOCK_CHECK(message.SerializeAsString() == buffer.view());
}

void CheckServes(const RequestView& request, const ServedModel& model) {
  auto view = hillock::rpc::DecodeShape(request, model, {});
  if (!view.ok()) return CheckError(request, view.status());
  hillock::rpc::ScratchFloats gathered;
  const absl::Status status = hillock::rpc::DecodeContents(request, model, {}, gathered, *view);
  if (!status.ok()) return CheckError(request, status);
  HILLOCK_CHECK(view->rows >= 1 && view->rows <= kMaxRows);
  CheckAnswers(request, model, *view);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto models = {MakeModel(), MakeModelOfAFile()};
  static RequestView request;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  HILLOCK_CHECK(hillock::testing::ReadsAsProtobuf(bytes, request));
  const absl::Status status = request.Read(bytes);
  if (!status.ok()) CheckError(request, status);
  for (const auto& model : models) {
    if (status.ok()) CheckServes(request, *model);
  }
  return 0;
}
