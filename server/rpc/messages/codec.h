// Between requests and the engine's rows.

#ifndef HILLOCK_SERVER_RPC_MESSAGES_CODEC_H_
#define HILLOCK_SERVER_RPC_MESSAGES_CODEC_H_

#include <bitset>
#include <cstddef>
#include <vector>

#include "server/core/base/status.h"
#include "server/lifecycle/served_model.h"
#include "server/rpc/messages/limits.h"
#include "server/rpc/messages/request_view.h"

namespace hillock::rpc {

// Some of a model's outputs, by their position.
using OutputSet = std::bitset<model::kMaxOutputs>;

// What a valid request asks of a model.
struct InferView {
  const char* input = nullptr;  // [rows][inputs] floats, at any alignment
  size_t rows = 0;
  bool typed = false;       // the request's contents were typed, so the answer's are too
  OutputSet values{};       // whose floats are requested
  OutputSet labels{};       // whose labels are
  size_t answer_bytes = 0;  // of the numbers, with floats that only labels are drawn from
};

// Checks all of a request but its contents against the model it is for; the view that it returns
// lacks `input` and `typed`. INVALID_ARGUMENT for what does not fit (names, dtype, shape, more
// outputs than the model has), UNIMPLEMENTED for parameters that ask for what this server does not
// do, RESOURCE_EXHAUSTED for more rows than the model takes, or a larger answer than the limits;
// the message says got, want and where. A request that names no outputs is for all of them.
absl::StatusOr<InferView> DecodeShape(const RequestView& request,
                                      const lifecycle::ServedModel& model, const Limits& limits);

// Finds the contents of a request of which DecodeShape() gave `view`, and completes that.
// INVALID_ARGUMENT for a wrong count of bytes or elements, contents given twice or of another
// datatype, and values that are not finite unless the model takes them. `view.input` points into
// the request's bytes, or into `gathered` when typed contents are in several runs.
absl::Status DecodeContents(const RequestView& request, const lifecycle::ServedModel& model,
                            std::vector<float>& gathered, InferView& view);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_CODEC_H_
