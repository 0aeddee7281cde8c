// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "server/rpc/messages/codec.h"
#include "server/rpc/messages/decode/input_columns.h"
#include "server/rpc/messages/decode/values.h"
#include "server/rpc/messages/typed_contents.h"

namespace hillock::rpc {
namespace {

using lifecycle::ServedInput;
using lifecycle::ServedModel;
using model::Datatype;

// Whether typed contents have a field for each of these outputs.
bool HaveFields(const ServedModel& model, const OutputSet& values) {
  for (size_t i = 0; i < model.outputs().size(); ++i) {
    if (values[i] && FieldOf(model.outputs()[i].output.datatype).number == 0) return false;
  }
  return true;
}

class ContentsDecoder {
 public:
  ContentsDecoder(const RequestView& request, const ServedModel& model, InferView& view)
      : request_(request), model_(model), view_(view) {}

  absl::Status Decode(const Limits& limits, ScratchFloats& gathered);

 private:
  absl::Status CheckRawCount() const;
  absl::Status CheckRaw(const ServedInput& input) const;
  absl::Status CheckTyped(const ServedInput& input) const;
  absl::Status CheckContents() const;
  std::string_view FloatsInPlace() const;
  absl::Status Gather(const Limits& limits, ScratchFloats& gathered);
  absl::Status GatherInput(const ServedInput& input, float* rows);
  absl::Status CheckAllValues() const;

  uint8_t PlaceOf(const ServedInput& input) const {
    return view_.places[static_cast<size_t>(&input - model_.inputs().data())];
  }
  bool is_left_out(const ServedInput& input) const { return PlaceOf(input) == kLeftOut; }

  // REQUIRES of these: the input is not left out.
  const InputView& Got(const ServedInput& input) const { return request_.inputs[PlaceOf(input)]; }
  std::string_view RawOf(const ServedInput& input) const {
    return request_.raw_contents[PlaceOf(input)];
  }
  Datatype Sent(const ServedInput& input) const {
    const std::string_view name = Got(input).datatype;
    const Datatype declared = input.input.datatype;
    return name == model::DatatypeName(declared) ? declared : *model::FindDatatype(name);
  }

  size_t RowsOf(const ServedInput& input) const { return input.input.shared ? 1 : view_.rows; }
  size_t ElementsOf(const ServedInput& input) const { return RowsOf(input) * input.input.width; }

  const RequestView& request_;
  const ServedModel& model_;
  InferView& view_;
};

// A request without any contents is reported as one whose raw contents are missing.
absl::Status ContentsDecoder::Decode(const Limits& limits, ScratchFloats& gathered) {
  const auto has_contents = [](const InputView& input) { return input.has_contents; };
  view_.typed = request_.raw_contents.empty() && std::ranges::any_of(request_.inputs, has_contents);
  HILLOCK_RETURN_IF_ERROR(CheckContents());
  view_.input = FloatsInPlace().data();
  if (view_.input == nullptr) HILLOCK_RETURN_IF_ERROR(Gather(limits, gathered));
  HILLOCK_RETURN_IF_ERROR(CheckAllValues());
  view_.typed = view_.typed && HaveFields(model_, view_.values);
  return absl::OkStatus();
}

// All counts, before any memory is taken.
absl::Status ContentsDecoder::CheckContents() const {
  if (!view_.typed) HILLOCK_RETURN_IF_ERROR(CheckRawCount());
  for (const ServedInput& input : model_.inputs()) {
    if (is_left_out(input)) continue;
    HILLOCK_RETURN_IF_ERROR(view_.typed ? CheckTyped(input) : CheckRaw(input));
  }
  return absl::OkStatus();
}

absl::Status ContentsDecoder::CheckRawCount() const {
  for (const InputView& input : request_.inputs) {
    if (!input.has_contents) continue;
    return absl::InvalidArgumentError(fmt::format(
        "input '{}': contents field must not be specified when using raw_input_contents",
        input.name));
  }
  const size_t want = request_.inputs.size();
  if (request_.raw_contents.size() == want) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("got {} raw_input_contents, want {}, as there {}", request_.raw_contents.size(),
                  want, want == 1 ? "is 1 input" : fmt::format("are {} inputs", want)));
}

// Of strings each has at least its length.
absl::Status ContentsDecoder::CheckRaw(const ServedInput& input) const {
  const size_t got = RawOf(input).size();
  const Datatype sent = Sent(input);
  const bool strings = sent == Datatype::kBytes;
  const size_t want = ElementsOf(input) * (strings ? sizeof(uint32_t) : model::SpecOf(sent).bytes);
  if (got == want || (strings && got > want)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("input '{}': {} bytes, want {} x {} {} = {}{}", input.name(), got, RowsOf(input),
                  input.input.width, model::DatatypeName(sent), want, strings ? " or more" : ""));
}

absl::Status ContentsDecoder::CheckTyped(const ServedInput& input) const {
  const InputView& got = Got(input);
  const ContentsField field = FieldOf(Sent(input));
  if (field.number == 0) {
    return absl::InvalidArgumentError(
        fmt::format("input '{}': {} has no field in contents, want raw_input_contents",
                    input.name(), got.datatype));
  }
  if (got.has_mixed_contents || (got.elements > 0 && got.contents_field != field.number)) {
    return absl::InvalidArgumentError(fmt::format(
        "input '{}': contents in a field of another datatype, want {}", input.name(), field.name));
  }
  const size_t want = ElementsOf(input);
  if (got.elements == want) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("input '{}': {} {}, want {} x {} = {}",
                                                input.name(), got.elements, field.name,
                                                RowsOf(input), input.input.width, want));
}

// The floats of the only input, if they are its rows as they lie in the request; else null. Of
// typed ones that come in several runs there is no such place.
std::string_view ContentsDecoder::FloatsInPlace() const {
  const ServedInput& input = model_.inputs().front();
  const Datatype declared = input.input.datatype;
  if (model_.inputs().size() > 1 || is_left_out(input)) return {};
  if (declared != Datatype::kFp32 && declared != Datatype::kFp64) return {};
  if (Sent(input) != Datatype::kFp32) return {};
  if (!view_.typed) return RawOf(input);
  return Got(input).run;
}

absl::Status ContentsDecoder::Gather(const Limits& limits, ScratchFloats& gathered) {
  const size_t floats = view_.rows * model_.input_width();
  if (floats * sizeof(float) > limits.max_row_bytes) {
    return absl::ResourceExhaustedError(
        fmt::format("model '{}': {} rows have {} bytes as FP32, want at most {}", model_.name(),
                    view_.rows, floats * sizeof(float), limits.max_row_bytes));
  }
  float* const rows = gathered.TryMake(floats);
  if (rows == nullptr) return transport::OutOfRequestMemory();
  for (const ServedInput& input : model_.inputs()) {
    HILLOCK_RETURN_IF_ERROR(GatherInput(input, rows));
  }
  view_.input = reinterpret_cast<const char*>(rows);
  return absl::OkStatus();
}

absl::Status ContentsDecoder::GatherInput(const ServedInput& input, float* rows) {
  InputColumns columns(model_, input, rows);
  if (is_left_out(input)) {
    columns.FillZeros(view_.rows);
    return absl::OkStatus();
  }
  const Datatype sent = Sent(input);
  HILLOCK_RETURN_IF_ERROR(view_.typed ? columns.FillTyped(sent, Got(input))
                                      : columns.FillRaw(sent, RawOf(input), ElementsOf(input)));
  if (input.input.shared) columns.Repeat(view_.rows);
  return absl::OkStatus();
}

// What is left out or repeated is looked at once.
absl::Status ContentsDecoder::CheckAllValues() const {
  for (const ServedInput& input : model_.inputs()) {
    if (is_left_out(input)) continue;
    HILLOCK_RETURN_IF_ERROR(CheckValues(model_, input, view_.input, RowsOf(input)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status DecodeContents(const RequestView& request, const ServedModel& model,
                            const Limits& limits, ScratchFloats& gathered, InferView& view) {
  return ContentsDecoder(request, model, view).Decode(limits, gathered);
}

}  // namespace hillock::rpc
