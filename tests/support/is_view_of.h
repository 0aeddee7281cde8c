// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_SUPPORT_IS_VIEW_OF_H_
#define HILLOCK_TESTS_SUPPORT_IS_VIEW_OF_H_

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "proto/inference.pb.h"
#include "server/rpc/messages/request_view.h"
#include "server/rpc/messages/typed_contents.h"

namespace hillock::testing {

// The elements of one field as bytes in a row.
template <class T>
std::string BytesOf(const google::protobuf::RepeatedField<T>& elements) {
  return {reinterpret_cast<const char*>(elements.data()),
          static_cast<size_t>(elements.size()) * sizeof(T)};
}
inline std::string BytesOf(const google::protobuf::RepeatedPtrField<std::string>& strings) {
  return absl::StrJoin(strings, "");
}

// The same of a view's contents, in the field that has some.
inline std::string BytesOf(const rpc::InputView& view, model::Datatype datatype) {
  std::string bytes;
  if (datatype == model::Datatype::kBytes) {
    view.ForEachRun([&](std::string_view text) { bytes += text; });
    return bytes;
  }
  const size_t element = model::SpecOf(rpc::FieldOf(datatype).stored).bytes;
  rpc::ForEachBlock(view, datatype, [&](const char* elements, size_t count) {
    bytes.append(elements, count * element);
  });
  return bytes;
}

inline bool SameContents(const rpc::InputView& view,
                         const inference::InferTensorContents& contents) {
  size_t fields = 0;
  bool same = true;
  const auto compare = [&](const auto& want, model::Datatype datatype) {
    if (want.empty()) return;
    ++fields;
    if (view.has_mixed_contents) return;
    same = same && view.contents_field == rpc::FieldOf(datatype).number &&
           view.elements == static_cast<size_t>(want.size()) &&
           BytesOf(view, datatype) == BytesOf(want);
  };
  compare(contents.bool_contents(), model::Datatype::kBool);
  compare(contents.int_contents(), model::Datatype::kInt32);
  compare(contents.int64_contents(), model::Datatype::kInt64);
  compare(contents.uint_contents(), model::Datatype::kUint32);
  compare(contents.uint64_contents(), model::Datatype::kUint64);
  compare(contents.fp32_contents(), model::Datatype::kFp32);
  compare(contents.fp64_contents(), model::Datatype::kFp64);
  compare(contents.bytes_contents(), model::Datatype::kBytes);
  return same && view.has_mixed_contents == (fields > 1) && (view.elements > 0) == (fields > 0);
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
         view.has_contents == input.has_contents() && SameContents(view, input.contents());
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
