// SPDX-License-Identifier: Apache-2.0
#include "server/rest/infer_request_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/rpc/messages/request_view.h"

namespace hillock::rest {
namespace {

constexpr Nanos kNanosPerMicro = 1000;

// So that a sum with the clock's time does not overflow.
constexpr uint64_t kMaxTimeoutMicros = uint64_t{365} * 24 * 3600 * 1'000'000;

}  // namespace

bool InferRequestReader::Check(const absl::Status& status) {
  if (!status.ok()) status_ = Annotate(status, Where());
  return status.ok();
}

// "inputs[0] 'x'", as far as it is known.
std::string InferRequestReader::Where() const {
  std::string where = key_;
  if (tensor_ == nullptr) return where;
  const bool is_input = input_ != nullptr;
  const size_t index = (is_input ? request_.inputs.size() : request_.outputs.size()) - 1;
  return fmt::format("{}[{}] '{}', {}", is_input ? "inputs" : "outputs", index,
                     Excerpt(tensor_->name), Excerpt(key_));
}

bool InferRequestReader::Refuse(std::string_view got) {
  return Check(absl::InvalidArgumentError(fmt::format("got {}, want {}", got, WantedHere())));
}

std::string_view InferRequestReader::WantedHere() const {
  switch (place()) {
    case Place::kOutside:
    case Place::kInputs:
    case Place::kOutputs:
      return "an object";
    case Place::kShape:
      return "whole numbers of at least 0";
    case Place::kData:
      return "numbers, strings, or true and false";
    case Place::kTop:
      if (key_ == "parameters") return "an object";
      return key_ == "id" ? "a string" : "an array";
    case Place::kInput:
      if (key_ == "shape" || key_ == "data") return "an array";
      [[fallthrough]];
    case Place::kOutput:
      return key_ == "parameters" ? "an object" : "a string";
    default:
      if (key_ == "timeout") return "a number of microseconds";
      return key_ == "binary_data_size" ? "a number of bytes" : "true or false";
  }
}

// Whether the value that comes belongs to a member that is passed over.
bool InferRequestReader::IsIgnored() const {
  const auto is_one_of = [this](std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, key_) != names.end();
  };
  switch (place()) {
    case Place::kTop:
      return !is_one_of({"id", "parameters", "inputs", "outputs"});
    case Place::kInput:
      return !is_one_of({"name", "datatype", "shape", "data", "parameters"});
    case Place::kOutput:
      return !is_one_of({"name", "parameters"});
    case Place::kTopParameters:
      return !is_one_of({"timeout", "binary_data_output"});
    case Place::kParameters:
      return !is_one_of({"binary_data", "binary_data_size"});
    case Place::kIgnored:
      return true;
    default:
      return false;
  }
}

bool InferRequestReader::null() {
  return place() == Place::kData || place() == Place::kShape ? Refuse("null") : true;
}

bool InferRequestReader::TakeElement() {
  input_->has_data = true;
  if (elements_left_ > 0) {
    --elements_left_;
    return true;
  }
  return Check(absl::ResourceExhaustedError("got more elements than a request may have"));
}

bool InferRequestReader::boolean(bool value) {
  if (place() == Place::kData) return TakeElement() && Check(input_->data.AddBool(value));
  if (place() == Place::kTopParameters && key_ == "binary_data_output") {
    request_.binary_output = value;
  } else if (place() == Place::kParameters && key_ == "binary_data") {
    tensor_->binary = value;
  } else if (!IsIgnored()) {
    return Refuse(value ? "true" : "false");
  }
  return true;
}

bool InferRequestReader::number_integer(int64_t value) {
  if (place() == Place::kData) return TakeElement() && Check(input_->data.AddInteger(value));
  return IsIgnored() || Refuse(fmt::to_string(value));
}

bool InferRequestReader::number_unsigned(uint64_t value) {
  if (place() == Place::kData) return TakeElement() && Check(input_->data.AddUnsigned(value));
  if (place() == Place::kShape) return TakeDimension(value);
  return IsIgnored() || TakeNumberParameter(value);
}

bool InferRequestReader::TakeDimension(uint64_t value) {
  if (value > INT64_MAX) return Refuse(fmt::to_string(value));
  if (input_->shape.size() >= rpc::kMaxDimensions) {
    return Check(absl::InvalidArgumentError(
        fmt::format("got more than {} dimensions", rpc::kMaxDimensions)));
  }
  input_->shape.push_back(static_cast<int64_t>(value));
  return true;
}

bool InferRequestReader::TakeNumberParameter(uint64_t value) {
  if (place() == Place::kTopParameters && key_ == "timeout" && value <= kMaxTimeoutMicros) {
    request_.timeout = static_cast<Nanos>(value) * kNanosPerMicro;
  } else if (place() == Place::kParameters && key_ == "binary_data_size") {
    tensor_->binary_size = value;
  } else {
    return Refuse(fmt::to_string(value));
  }
  return true;
}

bool InferRequestReader::number_float(double value, const std::string& text) {
  if (place() == Place::kData) return TakeElement() && Check(input_->data.AddFloat(value));
  return IsIgnored() || Refuse(Excerpt(text));
}

bool InferRequestReader::string(std::string& value) {
  if (place() == Place::kData) return TakeElement() && Check(input_->data.AddString(value));
  if (std::string* const member = TextMember(); member != nullptr) {
    *member = std::move(value);
    return true;
  }
  return IsIgnored() || Refuse(fmt::format("'{}'", Excerpt(value)));
}

std::string* InferRequestReader::TextMember() {
  const bool is_tensor = place() == Place::kInput || place() == Place::kOutput;
  if (place() == Place::kTop && key_ == "id") return &request_.id;
  if (is_tensor && key_ == "name") return &tensor_->name;
  if (place() == Place::kInput && key_ == "datatype") return &input_->datatype;
  return nullptr;
}

bool InferRequestReader::Enter(Place place) {
  stack_.push_back(place);
  if (stack_.size() <= kMaxDepth) return true;
  return Check(absl::InvalidArgumentError(
      fmt::format("got JSON of more than {} levels, which is the limit", kMaxDepth)));
}

bool InferRequestReader::End() {
  const Place ended = place();
  stack_.pop_back();
  if (ended == Place::kInput || ended == Place::kOutput) {
    tensor_ = input_ = nullptr;
    key_.clear();
  }
  return true;
}

bool InferRequestReader::start_object(size_t) {
  switch (place()) {
    case Place::kOutside:
      return Enter(Place::kTop);
    case Place::kInputs:
      if (request_.inputs.size() >= rpc::kMaxInputs) {
        return Check(
            absl::InvalidArgumentError(fmt::format("got more than {} inputs", rpc::kMaxInputs)));
      }
      tensor_ = input_ = &request_.inputs.emplace_back();
      return Enter(Place::kInput);
    case Place::kOutputs:
      if (request_.outputs.size() >= rpc::kMaxOutputs) {
        return Check(
            absl::InvalidArgumentError(fmt::format("got more than {} outputs", rpc::kMaxOutputs)));
      }
      tensor_ = &request_.outputs.emplace_back();
      return Enter(Place::kOutput);
    default:
      if (IsIgnored()) return Enter(Place::kIgnored);
      if (key_ != "parameters") return Refuse("an object");
      return Enter(place() == Place::kTop ? Place::kTopParameters : Place::kParameters);
  }
}

bool InferRequestReader::key(std::string& name) {
  if (place() == Place::kIgnored) return true;
  key_ = std::move(name);
  if (place() != Place::kParameters) return true;
  if (++parameters_ > rpc::kMaxParameters) {
    return Check(absl::InvalidArgumentError(
        fmt::format("got more than {} parameters", rpc::kMaxParameters)));
  }
  if (IsIgnored()) tensor_->foreign.push_back(key_);
  return true;
}

bool InferRequestReader::start_array(size_t) {
  if (place() == Place::kData) return Enter(Place::kData);
  if (IsIgnored()) return Enter(Place::kIgnored);
  if (place() == Place::kTop && key_ == "inputs") return Enter(Place::kInputs);
  if (place() == Place::kTop && key_ == "outputs") return Enter(Place::kOutputs);
  if (place() == Place::kInput && key_ == "shape") return Enter(Place::kShape);
  if (place() == Place::kInput && key_ == "data") {
    input_->has_data = true;
    return Enter(Place::kData);
  }
  return Refuse("an array");
}

// The library's messages begin with its own name for the error, in brackets.
bool InferRequestReader::parse_error(size_t, const std::string&,
                                     const nlohmann::json::exception& error) {
  std::string_view message = error.what();
  message.remove_prefix(std::min(message.find("] ") + 2, message.size()));
  status_ = absl::InvalidArgumentError(fmt::format("got no JSON: {}", Excerpt(message)));
  return false;
}

}  // namespace hillock::rest
