// SPDX-License-Identifier: Apache-2.0

// Between requests and the engine's rows.

#ifndef HILLOCK_SERVER_RPC_MESSAGES_CODEC_H_
#define HILLOCK_SERVER_RPC_MESSAGES_CODEC_H_

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>

#include "server/core/base/status.h"
#include "server/lifecycle/served_model.h"
#include "server/rpc/messages/limits.h"
#include "server/rpc/messages/request_view.h"
#include "server/rpc/messages/scratch_floats.h"

namespace hillock::rpc {

// Some of a model's outputs, by their position.
using OutputSet = std::bitset<model::kMaxOutputs>;

// By input of the model, its position among those of the request, or kLeftOut.
using InputPlaces = std::array<uint8_t, model::kMaxInputs>;
inline constexpr uint8_t kLeftOut = 255;

// What a valid request asks of a model.
struct InferView {
  const char* input = nullptr;  // [rows][input_width] floats, at any alignment
  size_t rows = 0;
  bool typed = false;       // the answer's contents are, as the request's, if its outputs can be
  OutputSet values{};       // which outputs are requested
  OutputSet labels{};       // whose labels are
  size_t answer_bytes = 0;  // of the numbers, with floats that they are converted from
  bool adds_axis = false;   // shapes of a single row got an axis of rows in front
  InputPlaces places{};
};

// Checks all of a request but its contents against the model it is for; the view that it returns
// lacks `input` and `typed`. INVALID_ARGUMENT for what does not fit (names, datatypes, shapes,
// numbers of rows that differ, more outputs than the model has), UNIMPLEMENTED for outputs that the
// model was left without and for parameters that ask for what this server does not do,
// RESOURCE_EXHAUSTED for more rows than the model takes, or a larger answer than the limits; the
// message says got, want and where. A request that names no outputs is for all of them.
absl::StatusOr<InferView> DecodeShape(const RequestView& request,
                                      const lifecycle::ServedModel& model, const Limits& limits);

// Finds the contents of a request of which DecodeShape() gave `view`, and completes that.
// INVALID_ARGUMENT for a wrong count of bytes or elements, contents given twice or of another
// datatype, and values that do not survive their conversion, are out of the model's range, or are
// not finite unless the model takes them; RESOURCE_EXHAUSTED for more floats than the limits or the
// memory for requests. `view.input` points into the request's bytes if those are the floats of the
// only input, else into `gathered`.
absl::Status DecodeContents(const RequestView& request, const lifecycle::ServedModel& model,
                            const Limits& limits, ScratchFloats& gathered, InferView& view);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_CODEC_H_
