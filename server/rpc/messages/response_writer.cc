#include "server/rpc/messages/response_writer.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <limits>

namespace hillock::rpc {
namespace {

using lifecycle::ServedModel;
using lifecycle::ServedOutput;
using transport::Buffer;

constexpr std::string_view kFloat = "FP32";
constexpr std::string_view kBytes = "BYTES";
constexpr std::string_view kInteger = "INT64";

constexpr std::string_view kFinal = "triton_final_response";
constexpr std::string_view kTrue = "\x08\x01";  // InferParameter{bool_param: true}
constexpr size_t kFinalEntryBytes = BytesFieldSize(kFinal.size()) + BytesFieldSize(kTrue.size());

// Max bytes of a tensor without its name and elements: tags, lengths, datatype and shape.
constexpr size_t kMaxOfTensor = 64;

// Max bytes of model_name, model_version and id without their texts, and of the final parameter.
constexpr size_t kMaxOfHead = 3 * 6 + BytesFieldSize(kFinalEntryBytes);

// protobuf's limit, less the fields that a stream puts before an answer.
constexpr size_t kMaxBytes = std::numeric_limits<int32_t>::max() - Buffer::kHeadroom;

// Vectors that grew beyond this are freed with the answer.
constexpr size_t kReusedBytes = 64 << 10;

struct Tensor {
  std::string_view name;
  std::string_view datatype;
  size_t rows;
  size_t columns;  // 0: the shape has the rows alone
};

// Field numbers are those of ModelInferResponse in proto/inference.proto and of the messages in it.
// Fields are written in the order of their numbers, as protobuf writes them, so that answers are
// the same bytes. A length comes before what it counts, so sizes are computed before anything is
// written; WireWriter checks nothing.

// Writes a tensor up to its elements: they follow as the `contents_bytes` of an
// InferTensorContents, or are elsewhere when that is 0.
void WriteTensor(const Tensor& tensor, size_t contents_bytes, WireWriter& out) {
  const size_t shape_bytes =
      VarintSize(tensor.rows) + (tensor.columns > 0 ? VarintSize(tensor.columns) : 0);
  const size_t bytes = TextFieldSize(tensor.name) + TextFieldSize(tensor.datatype) +
                       BytesFieldSize(shape_bytes) +
                       (contents_bytes > 0 ? BytesFieldSize(contents_bytes) : 0);
  out.BeginField(5, bytes);
  out.TextField(1, tensor.name);
  out.TextField(2, tensor.datatype);
  out.BeginField(3, shape_bytes);
  out.Varint(tensor.rows);
  if (tensor.columns > 0) out.Varint(tensor.columns);
  if (contents_bytes > 0) out.BeginField(5, contents_bytes);
}

void WriteFinal(WireWriter& out) {
  out.BeginField(4, kFinalEntryBytes);
  out.BytesField(1, kFinal);
  out.BytesField(2, kTrue);
}

template <class T>
void DropLarge(std::vector<T>& vector) {
  if (vector.capacity() * sizeof(T) > kReusedBytes) vector = std::vector<T>();
}

}  // namespace

// One reservation covers everything before the labels, so the places do not move.
std::span<char* const> ResponseWriter::Begin(const RequestView& request, const ServedModel& model,
                                             const InferView& view, AnswerKind kind,
                                             Buffer& buffer) {
  model_ = &model;
  buffer_ = &buffer;
  kind_ = kind;
  view_ = view;
  places_.assign(model.outputs().size(), nullptr);
  offsets_.resize(places_.size());
  const size_t max_bytes = MaxBeforeLabels(request);
  buffer.Reserve(max_bytes);
  WireWriter out(buffer.Extend(max_bytes));
  out.TextField(1, model.name());
  out.TextField(2, model.version_text());
  out.TextField(3, request.id);
  if (kind == AnswerKind::kStream && request.wants_final) WriteFinal(out);
  WriteBeforeLabels(out);
  buffer.Truncate(static_cast<size_t>(out.at() - buffer.data()));
  PlaceUnsent();
  return places_;
}

size_t ResponseWriter::MaxBeforeLabels(const RequestView& request) const {
  size_t bytes = model_->name().size() + model_->version_text().size() + request.id.size();
  bytes += kMaxOfHead;
  for (size_t i = 0; i < places_.size(); ++i) {
    const ServedOutput& served = model_->outputs()[i];
    if (view_.values[i]) bytes += kMaxOfTensor + served.name().size() + BytesOf(i);
    if (view_.labels[i]) bytes += kMaxOfTensor + served.label_name.size();
  }
  return bytes;
}

// Labels come last, as they are known last. Typed ones are inside their tensors, so those follow in
// End(). Raw ones are not: their tensors are written here, and only the bytes follow, after the raw
// floats of all outputs.
void ResponseWriter::WriteBeforeLabels(WireWriter& out) {
  for (size_t i = 0; i < places_.size(); ++i) {
    if (view_.values[i]) WriteValueTensor(i, out);
  }
  for (size_t i = 0; i < places_.size() && !view_.typed; ++i) {
    if (view_.labels[i]) WriteLabelTensor(i, 0, out);
  }
  for (size_t i = 0; i < places_.size() && !view_.typed; ++i) {
    if (!view_.values[i]) continue;
    out.BeginField(6, BytesOf(i));
    Place(i, out);
  }
}

void ResponseWriter::WriteValueTensor(size_t output, WireWriter& out) {
  const ServedOutput& served = model_->outputs()[output];
  const Tensor tensor{served.name(), kFloat, view_.rows, served.width};
  if (!view_.typed) return WriteTensor(tensor, 0, out);
  WriteTensor(tensor, BytesFieldSize(BytesOf(output)), out);
  out.BeginField(6, BytesOf(output));
  Place(output, out);
}

void ResponseWriter::WriteLabelTensor(size_t output, size_t contents_bytes, WireWriter& out) const {
  const ServedOutput& served = model_->outputs()[output];
  const bool is_matrix = served.is_multilabel();
  WriteTensor(
      {served.label_name, is_matrix ? kInteger : kBytes, view_.rows, is_matrix ? served.width : 0},
      contents_bytes, out);
}

void ResponseWriter::Place(size_t output, WireWriter& out) {
  places_[output] = out.Skip(BytesOf(output));
  offsets_[output] = static_cast<size_t>(places_[output] - buffer_->data());
}

void ResponseWriter::PlaceUnsent() {
  const OutputSet unsent = view_.labels & ~view_.values;
  size_t bytes = 0;
  for (size_t i = 0; i < places_.size() && unsent.any(); ++i) {
    if (unsent[i]) bytes += BytesOf(i);
  }
  if (unsent_.size() * sizeof(float) < bytes) unsent_.resize(bytes / sizeof(float));
  char* at = reinterpret_cast<char*>(unsent_.data());
  for (size_t i = 0; i < places_.size() && unsent.any(); ++i) {
    if (!unsent[i]) continue;
    places_[i] = at;
    at += BytesOf(i);
  }
}

// By offset, as AddLabels() may have moved the buffer.
const char* ResponseWriter::ValuesOf(size_t output) const {
  return view_.values[output] ? buffer_->data() + offsets_[output] : places_[output];
}

absl::Status ResponseWriter::End() {
  if (view_.labels.any()) HILLOCK_RETURN_IF_ERROR(AddLabels());
  if (kind_ == AnswerKind::kStream) Wrap();
  DropLarge(unsent_);
  DropLarge(row_);
  DropLarge(chosen_);
  return absl::OkStatus();
}

// Chooses all labels first: their sizes decide whether the answer is allowed at all, and are needed
// before they are written.
absl::Status ResponseWriter::AddLabels() {
  chosen_.clear();
  label_bytes_.assign(places_.size(), 0);
  size_t max_bytes = 0;
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
  WriteLabels(out);
  buffer_->Truncate(static_cast<size_t>(out.at() - buffer_->data()));
  return absl::OkStatus();
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
  const char* values = ValuesOf(output);
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
      WriteLabelTensor(i, label_bytes_[i], out);
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
  const char* const values = ValuesOf(output);
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
