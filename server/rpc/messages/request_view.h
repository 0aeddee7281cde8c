// SPDX-License-Identifier: Apache-2.0

// A ModelInferRequest, read in place.

#ifndef HILLOCK_SERVER_RPC_MESSAGES_REQUEST_VIEW_H_
#define HILLOCK_SERVER_RPC_MESSAGES_REQUEST_VIEW_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "server/core/base/status.h"

namespace hillock::rpc {

// How many of each a request may have. The first one more ends the reading, whatever follows.
inline constexpr size_t kMaxInputs = 64;
inline constexpr size_t kMaxDimensions = 16;  // of an input
inline constexpr size_t kMaxOutputs = 1024;   // asked for
inline constexpr size_t kMaxRawContents = 1024;
inline constexpr size_t kMaxParameters = 1024;  // the request's own and its tensors'
inline constexpr size_t kMaxFields = 16384;     // elements of one field in a row are one

// What an input and an output that is asked for have in common.
struct TensorView {
  std::string_view name;

  // It has the parameter of that name.
  bool classification = false;
  bool shared_memory_region = false;
};

struct InputView : TensorView {
  explicit InputView(std::string_view bytes) : message(bytes) {}

  std::span<const int64_t> shape() const { return {dimensions.data(), rank}; }

  // Adds a run of elements of a field of `contents`.
  void AddContents(uint32_t field, std::string_view run, size_t count);

  // Passes each run of the elements to `take`: what is packed in one piece, a single number, or a
  // string. REQUIRES: !has_mixed_contents.
  void ForEachRun(absl::FunctionRef<void(std::string_view run)> take) const;

  std::string_view datatype;
  std::array<int64_t, kMaxDimensions> dimensions;  // only the first `rank` were written
  size_t rank = 0;
  bool has_contents = false;
  uint32_t contents_field = 0;      // the field of `contents` that has elements; 0: none has
  size_t elements = 0;              // in that field
  bool has_mixed_contents = false;  // another field has some, too
  std::string_view run;             // all of them, when they are in one run; else empty
  std::string_view message;         // the whole input
};

// The parts of a ModelInferRequest that a server needs. Every view borrows from the bytes that were
// read. Reuses its memory from one request to the next; not thread-safe.
struct RequestView {
  // Replaces the contents by those of another request, in one pass that is linear in its bytes and
  // copies none. It accepts what protobuf's parser accepts, within the limits above.
  // INVALID_ARGUMENT for bytes that are no request, and beyond the limits; then this holds what was
  // read before the error, such as the id.
  absl::Status Read(std::string_view bytes);

  std::string_view model_name;
  std::string_view model_version;
  std::string_view id;
  bool wants_final = false;  // the parameter triton_enable_empty_final_response
  std::vector<InputView> inputs;
  std::vector<TensorView> outputs;
  std::vector<std::string_view> raw_contents;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_REQUEST_VIEW_H_
