// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/decode/inputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/rpc/messages/decode/input_shape.h"
#include "server/rpc/messages/decode/request_checks.h"

namespace hillock::rpc {
namespace {

using lifecycle::ServedInput;
using lifecycle::ServedModel;

std::string InputNames(const ServedModel& model, std::string_view conjunction) {
  std::vector<std::string_view> names;
  for (const ServedInput& input : model.inputs()) names.push_back(input.name());
  return NameList(std::move(names), conjunction);
}

// "FP32 [rows, 3] with at least 1 row"
std::string Declared(const model::Input& input) {
  return fmt::format("{} {}", model::DatatypeName(input.datatype), WantedShapes(input));
}

// Numbers of any datatype are converted; strings are not.
absl::Status CheckDatatype(const InputView& got, const model::Input& want) {
  const std::string_view name = model::DatatypeName(want.datatype);
  if (got.datatype == name) return absl::OkStatus();
  const auto datatype = model::FindDatatype(got.datatype);
  const bool is_number = datatype && *datatype != model::Datatype::kBytes;
  if (is_number && want.datatype != model::Datatype::kBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("input '{}': got datatype '{}', want {}", got.name, Excerpt(got.datatype), name));
}

class InputFinder {
 public:
  InputFinder(const RequestView& request, const ServedModel& model, InferView& view)
      : request_(request), model_(model), view_(view) {}

  absl::Status Find();

 private:
  absl::Status FindOne(size_t place);
  absl::StatusOr<size_t> PositionOf(size_t place) const;
  absl::Status CheckShape(const InputView& got, const model::Input& want);
  absl::Status CheckComplete() const;

  const RequestView& request_;
  const ServedModel& model_;
  InferView& view_;
  const InputView* counted_ = nullptr;  // the input that the rows are those of
};

absl::Status InputFinder::Find() {
  if (request_.inputs.size() > model_.inputs().size()) {
    return absl::InvalidArgumentError(
        fmt::format("model '{}': got {} inputs, want {}, {}", model_.name(), request_.inputs.size(),
                    model_.inputs().size(), InputNames(model_, "and")));
  }
  view_.places.fill(kLeftOut);
  view_.rows = 1;
  for (size_t i = 0; i < request_.inputs.size(); ++i) HILLOCK_RETURN_IF_ERROR(FindOne(i));
  return CheckComplete();
}

absl::Status InputFinder::FindOne(size_t place) {
  const InputView& got = request_.inputs[place];
  HILLOCK_ASSIGN_OR_RETURN(const size_t position, PositionOf(place));
  if (view_.places[position] != kLeftOut) {
    return absl::InvalidArgumentError(
        fmt::format("model '{}': got input '{}' twice, want it once", model_.name(), got.name));
  }
  view_.places[position] = static_cast<uint8_t>(place);
  const model::Input& want = model_.inputs()[position].input;
  HILLOCK_RETURN_IF_ERROR(CheckDatatype(got, want));
  HILLOCK_RETURN_IF_ERROR(CheckParameters("input", got));
  return CheckShape(got, want);
}

// Most requests have the inputs in the model's order.
absl::StatusOr<size_t> InputFinder::PositionOf(size_t place) const {
  const std::string_view name = request_.inputs[place].name;
  const auto& inputs = model_.inputs();
  if (inputs[place].name() == name) return place;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].name() == name) return i;
  }
  return absl::InvalidArgumentError(fmt::format("model '{}': got input '{}', want {}",
                                                model_.name(), Excerpt(name),
                                                InputNames(model_, "or")));
}

// The first input that is not shared says how many rows there are, and the others have to agree. An
// answer gets an axis of rows where a file has none for its input and the request brought one.
absl::Status InputFinder::CheckShape(const InputView& got, const model::Input& want) {
  const auto shape = got.shape();
  const auto rows = RowsOf(shape, want);
  if (!rows) {
    return absl::InvalidArgumentError(fmt::format("input '{}': got shape [{}], want {}", got.name,
                                                  fmt::join(shape, ", "), WantedShapes(want)));
  }
  if (const size_t max = model_.options().limits.max_rows; *rows > max) {
    return absl::ResourceExhaustedError(
        fmt::format("input '{}': got {} rows, want at most {}", got.name, *rows, max));
  }
  if (want.shared) return absl::OkStatus();
  if (counted_ != nullptr && *rows != view_.rows) {
    return absl::InvalidArgumentError(
        fmt::format("input '{}': got {} rows, want {}, as many as input '{}' has", got.name, *rows,
                    view_.rows, counted_->name));
  }
  counted_ = &got;
  view_.rows = *rows;
  const bool begins_with_rows = !shape.empty() && static_cast<uint64_t>(shape[0]) == *rows;
  if (!model::HasRows(want.shape) && shape.size() > want.shape.size()) {
    view_.adds_axis |= begins_with_rows;
  }
  return absl::OkStatus();
}

absl::Status InputFinder::CheckComplete() const {
  for (size_t i = 0; i < model_.inputs().size(); ++i) {
    const model::Input& input = model_.inputs()[i].input;
    if (view_.places[i] != kLeftOut || !input.required) continue;
    return absl::InvalidArgumentError(
        fmt::format("model '{}': got {} inputs, want {}, '{}' is missing: {}", model_.name(),
                    request_.inputs.size(), model_.inputs().size(), input.name, Declared(input)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status FindInputs(const RequestView& request, const ServedModel& model, InferView& view) {
  return InputFinder(request, model, view).Find();
}

}  // namespace hillock::rpc
