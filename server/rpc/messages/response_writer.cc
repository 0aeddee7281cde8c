// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/response_writer.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <limits>

#include "server/rpc/messages/tensor_head.h"

namespace hillock::rpc {
namespace {

using lifecycle::ServedModel;
using lifecycle::ServedOutput;
using transport::Buffer;

constexpr std::string_view kFinal = "triton_final_response";
constexpr std::string_view kTrue = "\x08\x01";  // InferParameter{bool_param: true}
constexpr size_t kFinalEntryBytes = BytesFieldSize(kFinal.size()) + BytesFieldSize(kTrue.size());

// Max bytes of model_name, model_version and id without their texts, and of the final parameter.
constexpr size_t kMaxOfHead = 3 * 6 + BytesFieldSize(kFinalEntryBytes);

// protobuf's limit, less the fields that a stream puts before an answer.
constexpr size_t kMaxBytes = std::numeric_limits<int32_t>::max() - Buffer::kHeadroom;

// Vectors that grew beyond this are freed with the answer.
constexpr size_t kReusedBytes = 64 << 10;

// Field numbers are those of ModelInferResponse in proto/inference.proto and of the messages in it.
// Fields are written in the order of their numbers, as protobuf writes them, so that answers are
// the same bytes. A length comes before what it counts, so sizes are computed before anything is
// written; WireWriter checks nothing.

void WriteFinal(WireWriter& out) {
  out.BeginField(4, kFinalEntryBytes);
  out.BytesField(1, kFinal);
  out.BytesField(2, kTrue);
}

template <class T>
void DropLarge(std::vector<T>& vector) {
  // NOLINTNEXTLINE(bugprone-sizeof-expression): a T may be a pointer, and that is what it holds
  if (vector.capacity() * sizeof(T) > kReusedBytes) vector = std::vector<T>();
}

}  // namespace

// Of what the engine computes the floats are missing.
TensorContents ResponseWriter::ContentsOf(size_t output) const {
  const ServedOutput& served = model_->outputs()[output];
  TensorContents contents{.datatype = served.output.datatype,
                          .count = (served.shared ? 1 : view_.rows) * served.width,
                          .words = model_->words(),
                          .typed = view_.typed};
  if (served.is_constant()) {
    contents.floats = reinterpret_cast<const char*>(served.output.constant.data());
    contents.count = served.width;
  }
  return contents;
}

TensorContents ResponseWriter::ComputedContents(size_t output) const {
  TensorContents contents = ContentsOf(output);
  if (!model_->outputs()[output].is_constant()) contents.floats = FloatsOf(output);
  return contents;
}

// Whether the engine writes its floats to where they are sent from.
bool ResponseWriter::IsInPlace(size_t output) const {
  const ServedOutput& served = model_->outputs()[output];
  return view_.values[output] && output < rest_ && !served.is_constant() && !served.shared &&
         served.output.datatype == model::Datatype::kFp32;
}

// Of the contents of an output before rest_. Floats in raw contents are all there is of them.
size_t ResponseWriter::FixedBytesOf(size_t output) const {
  return IsInPlace(output) && !view_.typed ? RowBytes(output) : BytesOf(ContentsOf(output));
}

// By offset, as AddRest() may have moved the buffer.
const char* ResponseWriter::FloatsOf(size_t output) const {
  return IsInPlace(output) ? buffer_->data() + offsets_[output] : places_[output];
}

// One reservation covers everything before the rest, so the places do not move.
std::span<char* const> ResponseWriter::Begin(const RequestView& request, const ServedModel& model,
                                             const InferView& view, AnswerKind kind,
                                             Buffer& buffer) {
  model_ = &model;
  buffer_ = &buffer;
  kind_ = kind;
  view_ = view;
  unsent_.ChargeAs(buffer);
  Prepare();
  const size_t max_bytes = MaxBeforeFloats(request);
  buffer.Reserve(max_bytes);
  WireWriter out(buffer.Extend(max_bytes));
  out.TextField(1, model.name());
  out.TextField(2, model.version_text());
  out.TextField(3, request.id);
  if (kind == AnswerKind::kStream && request.wants_final) WriteFinal(out);
  WriteBeforeFloats(out);
  buffer.Truncate(static_cast<size_t>(out.at() - buffer.data()));
  PlaceUnsent();
  return places_;
}

void ResponseWriter::Prepare() {
  const size_t outputs = model_->outputs().size();
  places_.assign(outputs, nullptr);
  offsets_.resize(outputs);
  rest_ = outputs;
  for (size_t i = 0; i < rest_; ++i) {
    if (!view_.values[i] || model_->outputs()[i].is_constant() || IsInPlace(i)) continue;
    if (!FixedBytes(ContentsOf(i))) rest_ = i;
  }
}

size_t ResponseWriter::MaxBeforeFloats(const RequestView& request) const {
  size_t bytes = model_->name().size() + model_->version_text().size() + request.id.size();
  bytes += kMaxOfHead;
  for (size_t i = 0; i < places_.size(); ++i) {
    const ServedOutput& served = model_->outputs()[i];
    if (view_.values[i]) bytes += kMaxOfTensor + served.name().size();
    if (view_.values[i] && i < rest_) bytes += FixedBytesOf(i);
    if (view_.labels[i]) bytes += kMaxOfTensor + served.label_name.size();
  }
  return bytes;
}

// Labels come last, as they are known last. Typed contents are inside their tensors, so from the
// first unknown ones on the tensors follow in End(). Raw ones are not: all tensors are written
// here, and only the contents follow.
void ResponseWriter::WriteBeforeFloats(WireWriter& out) {
  for (size_t i = 0; i < places_.size() && !view_.typed; ++i) {
    if (view_.values[i]) WriteHead(i, 0, out);
  }
  for (size_t i = 0; i < places_.size() && !view_.typed; ++i) {
    if (view_.labels[i]) WriteLabelHead(i, 0, out);
  }
  for (size_t i = 0; i < rest_; ++i) {
    if (view_.values[i]) PlaceContents(i, out);
  }
}

void ResponseWriter::WriteHead(size_t output, size_t contents_bytes, WireWriter& out) const {
  const ServedOutput& served = model_->outputs()[output];
  WriteTensorHead({served.name(), served.output.datatype, AxesOf(served, view_)}, contents_bytes,
                  out);
}

void ResponseWriter::WriteLabelHead(size_t output, size_t contents_bytes, WireWriter& out) const {
  const ServedOutput& served = model_->outputs()[output];
  const bool is_matrix = served.is_multilabel();
  Axes axes;
  axes.Add(view_.rows);
  if (is_matrix) axes.Add(served.width);
  const auto datatype = is_matrix ? model::Datatype::kInt64 : model::Datatype::kBytes;
  WriteTensorHead({served.label_name, datatype, axes}, contents_bytes, out);
}

// What comes before the contents of an output, which have so many bytes.
void ResponseWriter::BeginContents(size_t output, size_t bytes, WireWriter& out) const {
  if (view_.typed) return WriteHead(output, bytes, out);
  out.BeginField(6, bytes);
}

// Constants are written, and in place of the others room is left for Convert() or for the engine.
void ResponseWriter::PlaceContents(size_t output, WireWriter& out) {
  const size_t bytes = FixedBytesOf(output);
  BeginContents(output, bytes, out);
  if (model_->outputs()[output].is_constant()) return Write(ContentsOf(output), out);
  if (!IsInPlace(output)) {
    offsets_[output] = static_cast<size_t>(out.Skip(bytes) - buffer_->data());
    return;
  }
  if (view_.typed) out.BeginField(6, RowBytes(output));
  places_[output] = out.Skip(RowBytes(output));
  offsets_[output] = static_cast<size_t>(places_[output] - buffer_->data());
}

void ResponseWriter::PlaceUnsent() {
  const OutputSet wanted = view_.values | view_.labels;
  const auto is_unsent = [&](size_t i) {
    return wanted[i] && !IsInPlace(i) && !model_->outputs()[i].is_constant();
  };
  size_t bytes = 0;
  for (size_t i = 0; i < places_.size(); ++i) {
    if (is_unsent(i)) bytes += RowBytes(i);
  }
  if (bytes == 0) return;
  char* at = reinterpret_cast<char*>(unsent_.Make(bytes / sizeof(float)));
  for (size_t i = 0; i < places_.size(); ++i) {
    if (!is_unsent(i)) continue;
    places_[i] = at;
    at += RowBytes(i);
  }
}

absl::Status ResponseWriter::End() {
  Convert();
  if (rest_ < places_.size() || view_.labels.any()) HILLOCK_RETURN_IF_ERROR(AddRest());
  if (kind_ == AnswerKind::kStream) Wrap();
  unsent_.Release();
  DropLarge(row_);
  DropLarge(chosen_);
  return absl::OkStatus();
}

// Fills the places that were left for contents of a known size.
void ResponseWriter::Convert() {
  for (size_t i = 0; i < rest_; ++i) {
    if (!view_.values[i] || IsInPlace(i) || model_->outputs()[i].is_constant()) continue;
    WireWriter out(buffer_->data() + offsets_[i]);
    Write(ComputedContents(i), out);
  }
}

// Chooses all labels first: their sizes, and those of the outputs before them, decide whether the
// answer is allowed at all, and are needed before they are written.
absl::Status ResponseWriter::AddRest() {
  chosen_.clear();
  label_bytes_.assign(places_.size(), 0);
  rest_bytes_.assign(places_.size(), 0);
  size_t max_bytes = 0;
  for (size_t i = rest_; i < places_.size(); ++i) {
    if (!view_.values[i]) continue;
    rest_bytes_[i] = BytesOf(ComputedContents(i));
    max_bytes += kMaxOfTensor + model_->outputs()[i].name().size() + rest_bytes_[i];
  }
  for (size_t i = 0; i < places_.size(); ++i) {
    if (!view_.labels[i]) continue;
    label_bytes_[i] = ChooseLabels(i);
    max_bytes += kMaxOfTensor + model_->outputs()[i].label_name.size() + label_bytes_[i];
  }
  const size_t all = buffer_->size() + max_bytes;
  if (all > kMaxBytes) {
    return absl::ResourceExhaustedError(
        fmt::format("model '{}': the answer with its labels has {} bytes, want at most {}",
                    model_->name(), all, kMaxBytes));
  }
  if (!buffer_->TryReserve(all)) {
    return absl::ResourceExhaustedError(fmt::format(
        "model '{}': no memory is left for an answer of {} bytes", model_->name(), all));
  }
  WireWriter out(buffer_->Extend(max_bytes));
  WriteRest(out);
  WriteLabels(out);
  buffer_->Truncate(static_cast<size_t>(out.at() - buffer_->data()));
  return absl::OkStatus();
}

void ResponseWriter::WriteRest(WireWriter& out) const {
  for (size_t i = rest_; i < places_.size(); ++i) {
    if (!view_.values[i]) continue;
    BeginContents(i, rest_bytes_[i], out);
    Write(ComputedContents(i), out);
  }
}

// Returns the bytes of an output's labels as they are written, without the field around them.
size_t ResponseWriter::ChooseLabels(size_t output) {
  const ServedOutput& served = model_->outputs()[output];
  if (!served.is_multilabel()) return ChooseClasses(output);
  const size_t count = view_.rows * served.width;
  return view_.typed ? BytesFieldSize(count) : count * sizeof(int64_t);
}

size_t ResponseWriter::ChooseClasses(size_t output) {
  const ServedOutput& served = model_->outputs()[output];
  const char* values = FloatsOf(output);
  row_.resize(served.width);
  size_t bytes = 0;
  for (size_t row = 0; row < view_.rows; ++row) {
    std::memcpy(row_.data(), values, served.width * sizeof(float));
    values += served.width * sizeof(float);
    const std::string& label = served.LabelOf(row_.data());
    chosen_.push_back(&label);
    bytes += view_.typed ? BytesFieldSize(label.size()) : sizeof(uint32_t) + label.size();
  }
  return bytes;
}

void ResponseWriter::WriteLabels(WireWriter& out) const {
  std::span<const std::string* const> chosen = chosen_;
  for (size_t i = 0; i < places_.size(); ++i) {
    if (!view_.labels[i]) continue;
    if (view_.typed) {
      WriteLabelHead(i, label_bytes_[i], out);
    } else {
      out.BeginField(6, label_bytes_[i]);
    }
    if (model_->outputs()[i].is_multilabel()) {
      WriteYesOrNo(i, out);
    } else {
      WriteClasses(chosen.first(view_.rows), out);
      chosen = chosen.subspan(view_.rows);
    }
  }
}

void ResponseWriter::WriteClasses(std::span<const std::string* const> classes,
                                  WireWriter& out) const {
  for (const std::string* const label : classes) {
    if (view_.typed) {
      out.BytesField(8, *label);
    } else {
      const auto length = static_cast<uint32_t>(label->size());
      out.Bytes(&length, sizeof length);
      out.Bytes(label->data(), label->size());
    }
  }
}

void ResponseWriter::WriteYesOrNo(size_t output, WireWriter& out) const {
  const ServedOutput& served = model_->outputs()[output];
  const char* const values = FloatsOf(output);
  const size_t count = view_.rows * served.width;
  if (view_.typed) out.BeginField(3, count);
  for (size_t i = 0; i < count; ++i) {
    float value = 0;
    std::memcpy(&value, values + i * sizeof value, sizeof value);
    const int64_t yes = served.IsYes(value) ? 1 : 0;
    out.Bytes(&yes, view_.typed ? 1 : sizeof yes);
  }
}

// The outer message's tag and length go into the headroom, so that the answer does not move.
void ResponseWriter::Wrap() {
  const size_t bytes = buffer_->size();
  WireWriter(buffer_->Prepend(BytesFieldSize(bytes) - bytes)).BeginField(2, bytes);
}

void WriteStreamError(const RequestView& request, const absl::Status& status, Buffer& buffer) {
  const std::string text = status.ToString(absl::StatusToStringMode::kWithNoExtraData);
  const size_t final_bytes = request.wants_final ? BytesFieldSize(kFinalEntryBytes) : 0;
  const size_t answer_bytes = TextFieldSize(request.id) + final_bytes;
  WireWriter out(buffer.Extend(TextFieldSize(text) + BytesFieldSize(answer_bytes)));
  out.TextField(1, text);
  out.BeginField(2, answer_bytes);
  out.TextField(3, request.id);
  if (request.wants_final) WriteFinal(out);
}

}  // namespace hillock::rpc
