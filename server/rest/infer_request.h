// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_REST_INFER_REQUEST_H_
#define HILLOCK_SERVER_REST_INFER_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/clock.h"
#include "server/core/base/status.h"
#include "server/rest/tensor_data.h"
#include "server/transport/buffer.h"

namespace hillock::rest {

// What an input and an output that is asked for have in common.
struct JsonTensor {
  std::string name;
  std::vector<std::string> foreign;  // names of parameters that are not for this layer
  std::optional<bool> binary;        // the parameter binary_data
  std::optional<uint64_t> binary_size;
};

struct JsonInput : JsonTensor {
  std::string datatype;
  std::vector<int64_t> shape;
  bool has_data = false;
  TensorData data;
};

// The JSON of an inference request.
struct InferRequest {
  std::string id;
  std::optional<Nanos> timeout;  // the parameter, which is in microseconds
  bool binary_output = false;    // the parameter binary_data_output
  std::vector<JsonInput> inputs;
  std::vector<JsonTensor> outputs;
};

// Reads the JSON. Members that the protocol does not have are passed over, and so is null.
// INVALID_ARGUMENT for what is no JSON, of another type than the protocol has, deeper than
// kMaxDepth or has more inputs, outputs, dimensions or parameters than
// server/rpc/messages/request_view.h takes; RESOURCE_EXHAUSTED for tensors of more than
// `max_elements` elements in all. Takes time in proportion to the bytes, and 8 bytes of memory for
// an element.
inline constexpr size_t kMaxDepth = 32;
absl::StatusOr<InferRequest> ParseInferRequest(std::string_view json, size_t max_elements);

// Which outputs are to be sent as bytes after the JSON.
class BinaryOutputs {
 public:
  BinaryOutputs() = default;
  explicit BinaryOutputs(const InferRequest& request);
  bool Has(std::string_view output) const;

 private:
  bool all_ = false;
  std::vector<std::string> others_;  // that are as all_ is not
};

// Writes the bytes of the ModelInferRequest that says the same, with raw contents, into `message`.
// `binary`: what follows the JSON. INVALID_ARGUMENT when that does not have the bytes that the
// inputs say, and for an input without data, with data twice, or that TensorData refuses;
// RESOURCE_EXHAUSTED when there is no memory for it.
absl::Status WriteInferRequest(const InferRequest& request, std::string_view model,
                               std::string_view version, std::string_view binary,
                               transport::Buffer& message);

}  // namespace hillock::rest

#endif  // HILLOCK_SERVER_REST_INFER_REQUEST_H_
