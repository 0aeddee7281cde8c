// Between the protocol's messages and the engine's rows.

#ifndef HILLOCK_SERVER_RPC_CODEC_H_
#define HILLOCK_SERVER_RPC_CODEC_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "proto/inference.pb.h"
#include "server/base/status.h"
#include "server/serving/served_model.h"

namespace hillock::rpc {

// The name of the output that class labels come in.
inline constexpr std::string_view kLabelOutput = "label";

struct Limits {
  size_t max_rows = 65536;             // of a request
  size_t max_answer_bytes = 64 << 20;  // of its float output
};

// A valid request, seen: nothing is copied, so it holds while the message does.
struct InferView {
  const char* input = nullptr;  // [rows][inputs] floats
  size_t rows = 0;
  bool typed = false;        // the request's contents were typed, so the answer's are too
  bool wants_values = true;  // the float output is among those requested
  bool wants_labels = false;
};

// Checks a request against the model it is for. INVALID_ARGUMENT for what does not fit (names,
// dtype, shape, byte count, contents given twice, values that are not finite unless the model takes
// them), RESOURCE_EXHAUSTED
// for more rows than the limit; the message says got, want and where.
absl::StatusOr<InferView> DecodeRequest(const inference::ModelInferRequest& request,
                                        const serving::ServedModel& model, const Limits& limits);

// Writes a response. Begin() says where the engine shall put its floats; End() fills in what
// depends on them. Keeps its buffer from one response to the next.
class ResponseEncoder {
 public:
  // The returned room for [rows][outputs] floats stays valid until End(). `response` must be empty
  // and must live, with `model`, until then.
  char* Begin(const inference::ModelInferRequest& request, const serving::ServedModel& model,
              const InferView& view, inference::ModelInferResponse& response);
  void End();

 private:
  char* AddValues();
  void AddLabels();

  const serving::ServedModel* model_ = nullptr;
  InferView view_;
  inference::ModelInferResponse* response_ = nullptr;
  const char* values_ = nullptr;
  std::vector<float> unsent_;  // the floats when only labels are wanted
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_CODEC_H_
