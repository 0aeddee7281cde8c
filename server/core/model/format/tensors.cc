// SPDX-License-Identifier: Apache-2.0
#include "server/core/model/format/tensors.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "server/core/model/format/numbers.h"

namespace hillock::model {
namespace {

absl::StatusOr<Datatype> ReadDatatype(const std::string& name) {
  if (name.empty()) return Datatype::kFp32;
  if (const auto datatype = FindDatatype(name)) return *datatype;
  return absl::UnimplementedError(fmt::format("unknown datatype '{}'", Excerpt(name)));
}

bool IsFlat(const TensorShape& shape, size_t width) {
  return shape == TensorShape{-1, static_cast<int64_t>(width)};
}

TensorShape ReadShape(const v1::Shape& from) { return {from.sizes().begin(), from.sizes().end()}; }

void WriteShape(const TensorShape& shape, v1::Shape& to) {
  to.mutable_sizes()->Add(shape.begin(), shape.end());
}

// FP32 goes without saying.
std::string DatatypeText(Datatype datatype) {
  return datatype == Datatype::kFp32 ? "" : std::string(DatatypeName(datatype));
}

absl::Status ReadConstant(const v1::Output& from, Output& output) {
  if (from.source() != 0 || from.class_labels_size() > 0) {
    return absl::InvalidArgumentError("is a constant and has a source or class labels");
  }
  output.is_constant = true;
  HILLOCK_ASSIGN_OR_RETURN(output.constant, Floats("constant", from.constant().values()));
  return absl::OkStatus();
}

absl::StatusOr<Output> ReadNamedOutput(const v1::Output& from, Output output) {
  output.source = ValueId{from.source()};
  output.class_labels.assign(from.class_labels().begin(), from.class_labels().end());
  if (from.has_threshold()) output.threshold = from.threshold();
  output.multilabel = from.multilabel();
  HILLOCK_ASSIGN_OR_RETURN(output.datatype, ReadDatatype(from.datatype()));
  output.shape = ReadShape(from.shape());
  output.column_names.assign(from.column_names().begin(), from.column_names().end());
  if (from.has_constant()) HILLOCK_RETURN_IF_ERROR(ReadConstant(from, output));
  return output;
}

absl::StatusOr<Input> ReadNamedInput(const v1::Input& from, Input input) {
  HILLOCK_ASSIGN_OR_RETURN(input.datatype, ReadDatatype(from.datatype()));
  input.width = from.width();
  input.shape = from.has_shape() ? ReadShape(from.shape()) : TensorShape{-1, from.width()};
  input.required = !from.optional();
  input.shared = from.shared();
  input.takes_non_finite = from.takes_non_finite();
  HILLOCK_ASSIGN_OR_RETURN(input.low, Floats("low", from.low()));
  HILLOCK_ASSIGN_OR_RETURN(input.high, Floats("high", from.high()));
  return input;
}

// The same with the tensor's name before an error.
template <class T>
absl::StatusOr<T> Named(absl::StatusOr<T> read, std::string_view kind, const std::string& name) {
  if (read.ok()) return read;
  return Annotate(read.status(), fmt::format("{} '{}'", kind, Excerpt(name)));
}

}  // namespace

absl::StatusOr<Input> ReadInput(const v1::Input& from, size_t index) {
  Input input;
  HILLOCK_ASSIGN_OR_RETURN(input.name,
                           NameOr("input name", from.name(), fmt::format("input{}", index)));
  const std::string name = input.name;
  return Named(ReadNamedInput(from, std::move(input)), "input", name);
}

absl::StatusOr<Output> ReadOutput(const v1::Output& from, size_t index) {
  Output output;
  HILLOCK_ASSIGN_OR_RETURN(output.name,
                           NameOr("output name", from.name(), fmt::format("output{}", index)));
  const std::string name = output.name;
  return Named(ReadNamedOutput(from, std::move(output)), "output", name);
}

bool IsPlain(const Input& input) {
  return input.datatype == Datatype::kFp32 && IsFlat(input.shape, input.width) && input.required &&
         !input.shared && !input.takes_non_finite && input.low.empty() && input.high.empty();
}

bool IsPlain(const Output& output, const Mlp& mlp) {
  return output.datatype == Datatype::kFp32 && !output.is_constant && output.column_names.empty() &&
         (output.shape.empty() || IsFlat(output.shape, mlp.width(output)));
}

void WriteInput(const Input& input, v1::Input& to) {
  to.set_name(input.name);
  to.set_width(static_cast<uint32_t>(input.width));
  to.set_datatype(DatatypeText(input.datatype));
  if (!IsFlat(input.shape, input.width)) WriteShape(input.shape, *to.mutable_shape());
  to.set_optional(!input.required);
  to.set_shared(input.shared);
  to.set_takes_non_finite(input.takes_non_finite);
  to.set_low(BytesOf(input.low));
  to.set_high(BytesOf(input.high));
}

void WriteOutput(const Output& output, const Mlp& mlp, v1::Output& to) {
  to.set_name(output.name);
  to.set_width(static_cast<uint32_t>(mlp.width(output)));
  for (const std::string& label : output.class_labels) to.add_class_labels(label);
  if (output.threshold != kDefaultThreshold) to.set_threshold(output.threshold);
  to.set_multilabel(output.multilabel);
  to.set_datatype(DatatypeText(output.datatype));
  for (const std::string& name : output.column_names) to.add_column_names(name);
  if (output.is_constant) {
    to.mutable_constant()->set_values(BytesOf(output.constant));
  } else {
    to.set_source(static_cast<uint32_t>(NumberOf(output.source)));
  }
  if (!output.shape.empty() && !IsFlat(output.shape, mlp.width(output))) {
    WriteShape(output.shape, *to.mutable_shape());
  }
}

}  // namespace hillock::model
