#ifndef HILLOCK_TESTS_SUPPORT_IS_VIEW_OF_H_
#define HILLOCK_TESTS_SUPPORT_IS_VIEW_OF_H_

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "proto/inference.pb.h"
#include "server/rpc/messages/request_view.h"

namespace hillock::testing {

inline bool SameFloats(const rpc::InputView& view, const inference::InferTensorContents& contents) {
  const auto& want = contents.fp32_contents();
  const std::string_view bytes(reinterpret_cast<const char*>(want.data()),
                               static_cast<size_t>(want.size()) * sizeof(float));
  std::vector<float> got;
  view.GatherFloats(got);
  const std::string_view gathered(reinterpret_cast<const char*>(got.data()),
                                  got.size() * sizeof(float));
  return view.floats == got.size() && gathered == bytes &&
         (view.floats_in_place.empty() || view.floats_in_place == bytes);
}

inline bool HasOthers(const inference::InferTensorContents& contents) {
  return contents.bool_contents_size() + contents.int_contents_size() +
             contents.int64_contents_size() + contents.uint_contents_size() +
             contents.uint64_contents_size() + contents.fp64_contents_size() +
             contents.bytes_contents_size() >
         0;
}

template <class Tensor>
bool SameTensor(const rpc::TensorView& view, const Tensor& tensor) {
  return view.name == tensor.name() &&
         view.classification == tensor.parameters().contains("classification") &&
         view.shared_memory_region == tensor.parameters().contains("shared_memory_region");
}

inline bool SameInput(const rpc::InputView& view,
                      const inference::ModelInferRequest::InferInputTensor& input) {
  return SameTensor(view, input) && view.datatype == input.datatype() &&
         std::ranges::equal(view.shape(), input.shape()) &&
         view.has_contents == input.has_contents() &&
         view.has_other_contents == HasOthers(input.contents()) &&
         SameFloats(view, input.contents());
}

// Whether a view that was read from bytes shows the message that protobuf parses from them.
inline bool IsViewOf(const rpc::RequestView& view, const inference::ModelInferRequest& request) {
  const auto final = request.parameters().find("triton_enable_empty_final_response");
  const bool wants_final = final != request.parameters().end() && final->second.bool_param();
  return view.model_name == request.model_name() && view.model_version == request.model_version() &&
         view.id == request.id() && view.wants_final == wants_final &&
         std::ranges::equal(view.inputs, request.inputs(), SameInput) &&
         std::ranges::equal(view.outputs, request.outputs(),
                            [](const auto& a, const auto& b) { return SameTensor(a, b); }) &&
         std::ranges::equal(view.raw_contents, request.raw_input_contents());
}

// Whether Read() and protobuf's parser agree on what the bytes are. Bytes that have more of
// anything than a request may have are refused by Read() alone.
inline bool ReadsAsProtobuf(std::string_view bytes, rpc::RequestView& view) {
  const absl::Status status = view.Read(bytes);
  if (absl::StartsWith(status.message(), "got more than ")) return true;
  inference::ModelInferRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return !status.ok();
  return status.ok() && IsViewOf(view, request);
}

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_IS_VIEW_OF_H_
