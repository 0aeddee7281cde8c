// Between the protocol's messages and the engine's rows.

#ifndef HILLOCK_SERVER_RPC_CODEC_H_
#define HILLOCK_SERVER_RPC_CODEC_H_

#include <bitset>
#include <cstddef>
#include <span>
#include <vector>

#include "proto/inference.pb.h"
#include "server/base/status.h"
#include "server/serving/served_model.h"

namespace hillock::rpc {

struct Limits {
  size_t max_answer_bytes = 64 << 20;  // of the numbers it asks for, all outputs together
};

// Some of a model's outputs, by their position.
using OutputSet = std::bitset<model::kMaxOutputs>;

// A valid request, seen: nothing is copied, so it holds while the message does.
struct InferView {
  const char* input = nullptr;  // [rows][inputs] floats
  size_t rows = 0;
  bool typed = false;       // the request's contents were typed, so the answer's are too
  OutputSet values{};       // whose floats are requested
  OutputSet labels{};       // whose labels are
  size_t answer_bytes = 0;  // of the numbers, with floats that only labels are drawn from
};

// Checks a request against the model it is for. INVALID_ARGUMENT for what does not fit (names,
// dtype, shape, byte count, contents given twice, values that are not finite unless the model takes
// them), RESOURCE_EXHAUSTED for more rows than the model takes, or a larger answer than the limits;
// the message says got, want and where. A request that names no outputs is for all of them.
absl::StatusOr<InferView> DecodeRequest(const inference::ModelInferRequest& request,
                                        const serving::ServedModel& model, const Limits& limits);

// The part of that which needs no contents, for a request of which only a Glance() was taken: the
// same errors, and a view without `input` and `typed`.
absl::StatusOr<InferView> DecodeGlance(const inference::ModelInferRequest& request,
                                       const serving::ServedModel& model, const Limits& limits);

// Writes a response: the floats of the outputs in the model's order, whatever the request's, then
// the labels. Begin() says where the engine shall put its floats; End() fills in what depends on
// them. Keeps its buffers from one response to the next.
class ResponseEncoder {
 public:
  // Returns room for [rows][width] floats of each output, as Job::outputs. It stays valid until
  // End(). `response` must be empty and must live, with `model`, until then.
  std::span<char* const> Begin(const inference::ModelInferRequest& request,
                               const serving::ServedModel& model, const InferView& view,
                               inference::ModelInferResponse& response);
  void End();

 private:
  size_t FloatsOf(size_t output) const { return view_.rows * model_->outputs()[output].width; }
  size_t UnsentFloats() const;
  char* AddValues(size_t output);
  void AddLabels(size_t output);
  void AddClasses(const serving::ServedOutput& served, const float* values,
                  inference::ModelInferResponse::InferOutputTensor& tensor);
  void AddYesOrNo(const serving::ServedOutput& served, const float* values,
                  inference::ModelInferResponse::InferOutputTensor& tensor);

  const serving::ServedModel* model_ = nullptr;
  InferView view_;
  inference::ModelInferResponse* response_ = nullptr;
  std::vector<char*> rooms_;   // by output
  std::vector<float> unsent_;  // floats of which only the labels are wanted
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_CODEC_H_
