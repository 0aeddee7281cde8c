// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/tensor_head.h"

namespace hillock::rpc {

Axes AxesOf(const lifecycle::ServedOutput& served, const InferView& view) {
  const model::TensorShape& shape = served.output.shape;
  Axes axes;
  const bool one_row = !served.is_constant() && !served.shared && !model::HasRows(shape);
  if (one_row && (view.rows > 1 || view.adds_axis)) axes.Add(view.rows);
  for (const int64_t size : shape) {
    axes.Add(size < 0 ? static_cast<uint64_t>(-size) * view.rows : static_cast<uint64_t>(size));
  }
  return axes;
}

void WriteTensorHead(const TensorHead& tensor, size_t contents_bytes, WireWriter& out) {
  const std::string_view datatype = model::DatatypeName(tensor.datatype);
  size_t shape_bytes = 0;
  for (const uint64_t size : tensor.axes.sizes()) shape_bytes += VarintSize(size);
  const size_t shape_field = shape_bytes > 0 ? BytesFieldSize(shape_bytes) : 0;
  const size_t contents_field = contents_bytes > 0 ? BytesFieldSize(contents_bytes) : 0;
  out.BeginField(
      5, TextFieldSize(tensor.name) + TextFieldSize(datatype) + shape_field + contents_field);
  out.TextField(1, tensor.name);
  out.TextField(2, datatype);
  if (shape_bytes > 0) out.BeginField(3, shape_bytes);
  for (const uint64_t size : tensor.axes.sizes()) out.Varint(size);
  if (contents_bytes > 0) out.BeginField(5, contents_bytes);
}

}  // namespace hillock::rpc
