// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/request_view.h"

#include <fmt/format.h>

#include "server/core/base/utf8.h"
#include "server/rpc/messages/wire_reader.h"

// A reader that agrees with protobuf's parser on what is a request, without its objects. What that
// takes, and tests compare over mutated requests:
//   - a field may be repeated: the last scalar or text counts, messages are merged;
//   - a packed field may come unpacked and the other way round, in any mixture;
//   - texts are UTF-8, bytes are not looked at;
//   - unknown fields are skipped, but must be well-formed.
// Every function returns false for bytes that are no such message. Limits are found the same way,
// and what_ says which. Each field is paid for out of fields_left_, so time is linear in the bytes
// however fields nest.

namespace hillock::rpc {
namespace {

constexpr char kWantsFinal[] = "triton_enable_empty_final_response";
constexpr char kClassification[] = "classification";
constexpr char kSharedMemoryRegion[] = "shared_memory_region";

// Tags of fields, whose numbers here are those of ModelInferRequest in proto/inference.proto and of
// the messages in it.
constexpr uint32_t Varint(uint32_t field) { return WireTag(field, WireType::kVarint); }
constexpr uint32_t Bytes(uint32_t field) { return WireTag(field, WireType::kLength); }
constexpr uint32_t Fixed32(uint32_t field) { return WireTag(field, WireType::kFixed32); }
constexpr uint32_t Fixed64(uint32_t field) { return WireTag(field, WireType::kFixed64); }

// Passes the tag of each field to `take`, which reads the field's value.
template <class Take>
bool Walk(WireReader in, const Take& take) {
  while (!in.done()) {
    uint32_t tag = 0;
    if (!in.ReadTag(tag) || !take(in, tag)) return false;
  }
  return true;
}

// Of an element of fp32_contents or fp64_contents.
constexpr size_t BytesOf(uint32_t field) { return field == 6 ? sizeof(float) : sizeof(double); }

bool ReadText(WireReader& in, std::string_view& text) {
  std::string_view bytes;
  if (!in.ReadBytes(bytes) || !IsUtf8(bytes)) return false;
  text = bytes;
  return true;
}

// Reads elements that follow each other. They count as one field, as a packed run does.
template <class Take, class Read>
bool ReadEach(WireReader& in, uint32_t tag, const Take& take, const Read& read) {
  std::string_view element;
  do {
    if (!read(element)) return false;
    take(tag >> 3, element, 1);
  } while (in.TakeTag(tag));
  return true;
}

// Reads an input's contents. Passes the field, bytes and count of each run of elements to `take`.
template <class Take>
bool ReadContents(WireReader message, const Take& take) {
  return Walk(message, [&](WireReader& in, uint32_t tag) {
    const uint32_t field = tag >> 3;
    std::string_view run;
    size_t count = 0;
    switch (tag) {
      case Bytes(1):  // bool_contents to uint64_contents
      case Bytes(2):
      case Bytes(3):
      case Bytes(4):
      case Bytes(5):
        if (!in.ReadBytes(run) || !CountVarints(run, count)) return false;
        take(field, run, count);
        return true;
      case Bytes(6):  // fp32_contents
      case Bytes(7):  // fp64_contents
        if (!in.ReadBytes(run) || run.size() % BytesOf(field) != 0) return false;
        take(field, run, run.size() / BytesOf(field));
        return true;
      case Varint(1):
      case Varint(2):
      case Varint(3):
      case Varint(4):
      case Varint(5):
        return ReadEach(in, tag, take, [&](auto& one) { return in.ReadVarintBytes(one); });
      case Fixed32(6):
      case Fixed64(7):
        return ReadEach(in, tag, take,
                        [&](auto& one) { return in.ReadFixed(BytesOf(field), one); });
      case Bytes(8):  // bytes_contents
        return ReadEach(in, tag, take, [&](auto& one) { return in.ReadBytes(one); });
      default:
        return in.Skip(tag);
    }
  });
}

struct Parameter {
  std::string_view name;
  bool is_true = false;  // its last value is a bool and true
};

bool ReadParameterValue(WireReader message, bool& is_true) {
  return Walk(message, [&](WireReader& in, uint32_t tag) {
    uint64_t number = 0;
    std::string_view text;
    switch (tag) {
      case Varint(1):
        if (!in.ReadVarint(number)) return false;
        is_true = number != 0;
        return true;
      case Varint(2):
      case Varint(5):
      case Fixed64(4):
        is_true = false;
        return in.Skip(tag);
      case Bytes(3):
        is_true = false;
        return ReadText(in, text);
      default:
        return in.Skip(tag);
    }
  });
}

// Reads an entry of a map of parameters. Several values in one entry are merged, as messages are.
bool ReadParameter(WireReader message, Parameter& parameter) {
  return Walk(message, [&](WireReader& in, uint32_t tag) {
    std::string_view value;
    switch (tag) {
      case Bytes(1):
        return ReadText(in, parameter.name);
      case Bytes(2):
        return in.ReadBytes(value) && ReadParameterValue(in.Inside(value), parameter.is_true);
      default:
        return in.Skip(tag);
    }
  });
}

// "1,024"
std::string Grouped(size_t number) {
  if (number < 1000) return fmt::format("{}", number);
  return fmt::format("{},{:03}", number / 1000, number % 1000);
}

class RequestReader {
 public:
  explicit RequestReader(RequestView& view) : view_(view) {}

  absl::Status Read(std::string_view bytes);

 private:
  bool ReadRequest(WireReader message);
  bool ReadInput(WireReader message, InputView& input);
  bool ReadOutput(WireReader message, TensorView& output);
  bool ReadRequestParameter(WireReader message);
  bool ReadTensorParameter(WireReader message, TensorView& tensor);
  bool AddParameter(WireReader message, Parameter& parameter);
  bool AddDimension(WireReader& in, InputView& input);
  bool AddDimensions(WireReader in, InputView& input);

  // Whether one more may follow `count` of them. If not, it is what Read() reports.
  bool HasRoom(size_t count, size_t limit, const char* what);

  RequestView& view_;
  size_t fields_left_ = kMaxFields;
  size_t parameters_ = 0;
  size_t limit_ = kMaxFields;   // the one that was exceeded
  const char* what_ = nullptr;  // what it limits; null: fields, or none was exceeded
};

absl::Status RequestReader::Read(std::string_view bytes) {
  if (ReadRequest(WireReader(bytes, fields_left_))) return absl::OkStatus();
  if (what_ == nullptr && fields_left_ > 0) {
    return absl::InvalidArgumentError("the bytes are no ModelInferRequest");
  }
  return absl::InvalidArgumentError(
      fmt::format("got more than {} {}", Grouped(limit_), what_ == nullptr ? "fields" : what_));
}

bool RequestReader::HasRoom(size_t count, size_t limit, const char* what) {
  if (count < limit) return true;
  limit_ = limit;
  what_ = what;
  return false;
}

bool RequestReader::ReadRequest(WireReader message) {
  return Walk(message, [&](WireReader& in, uint32_t tag) {
    std::string_view bytes;
    switch (tag) {
      case Bytes(1):
        return ReadText(in, view_.model_name);
      case Bytes(2):
        return ReadText(in, view_.model_version);
      case Bytes(3):
        return ReadText(in, view_.id);
      case Bytes(4):
        return in.ReadBytes(bytes) && ReadRequestParameter(in.Inside(bytes));
      case Bytes(5):
        return in.ReadBytes(bytes) && HasRoom(view_.inputs.size(), kMaxInputs, "inputs") &&
               ReadInput(in.Inside(bytes), view_.inputs.emplace_back(bytes));
      case Bytes(6):
        return in.ReadBytes(bytes) && HasRoom(view_.outputs.size(), kMaxOutputs, "outputs") &&
               ReadOutput(in.Inside(bytes), view_.outputs.emplace_back());
      case Bytes(7):
        if (!in.ReadBytes(bytes)) return false;
        if (!HasRoom(view_.raw_contents.size(), kMaxRawContents, "raw_input_contents"))
          return false;
        view_.raw_contents.push_back(bytes);
        return true;
      default:
        return in.Skip(tag);
    }
  });
}

bool RequestReader::ReadInput(WireReader message, InputView& input) {
  const auto take = [&input](uint32_t field, std::string_view run, size_t count) {
    input.AddContents(field, run, count);
  };
  return Walk(message, [&](WireReader& in, uint32_t tag) {
    std::string_view bytes;
    switch (tag) {
      case Bytes(1):
        return ReadText(in, input.name);
      case Bytes(2):
        return ReadText(in, input.datatype);
      case Varint(3):
        return AddDimension(in, input);
      case Bytes(3):
        return in.ReadBytes(bytes) && AddDimensions(in.Inside(bytes), input);
      case Bytes(4):
        return in.ReadBytes(bytes) && ReadTensorParameter(in.Inside(bytes), input);
      case Bytes(5):
        input.has_contents = true;
        return in.ReadBytes(bytes) && ReadContents(in.Inside(bytes), take);
      default:
        return in.Skip(tag);
    }
  });
}

bool RequestReader::ReadOutput(WireReader message, TensorView& output) {
  return Walk(message, [&](WireReader& in, uint32_t tag) {
    std::string_view bytes;
    switch (tag) {
      case Bytes(1):
        return ReadText(in, output.name);
      case Bytes(2):
        return in.ReadBytes(bytes) && ReadTensorParameter(in.Inside(bytes), output);
      default:
        return in.Skip(tag);
    }
  });
}

bool RequestReader::AddDimension(WireReader& in, InputView& input) {
  uint64_t number = 0;
  if (!in.ReadVarint(number)) return false;
  if (!HasRoom(input.rank, kMaxDimensions, "dimensions of an input")) return false;
  input.dimensions[input.rank++] = static_cast<int64_t>(number);
  return true;
}

bool RequestReader::AddDimensions(WireReader in, InputView& input) {
  while (!in.done()) {
    if (!AddDimension(in, input)) return false;
  }
  return true;
}

bool RequestReader::AddParameter(WireReader message, Parameter& parameter) {
  if (!HasRoom(parameters_, kMaxParameters, "parameters")) return false;
  ++parameters_;
  return ReadParameter(message, parameter);
}

bool RequestReader::ReadRequestParameter(WireReader message) {
  Parameter parameter;
  if (!AddParameter(message, parameter)) return false;
  if (parameter.name == kWantsFinal) view_.wants_final = parameter.is_true;
  return true;
}

bool RequestReader::ReadTensorParameter(WireReader message, TensorView& tensor) {
  Parameter parameter;
  if (!AddParameter(message, parameter)) return false;
  tensor.classification |= parameter.name == kClassification;
  tensor.shared_memory_region |= parameter.name == kSharedMemoryRegion;
  return true;
}

}  // namespace

// One run, which is what clients send, is used where it is. With a second one the elements have to
// be gathered, so the first is forgotten.
void InputView::AddContents(uint32_t field, std::string_view bytes, size_t count) {
  if (count == 0) return;
  if (elements > 0 && field != contents_field) {
    has_mixed_contents = true;
    return;
  }
  contents_field = field;
  run = elements == 0 ? bytes : std::string_view();
  elements += count;
}

// Reads the input a second time instead of storing a list of runs, which would be as long as the
// client likes for a case that is rare. The first reading has checked it all.
void InputView::ForEachRun(absl::FunctionRef<void(std::string_view)> take) const {
  if (!run.empty()) return take(run);
  const auto take_run = [&](uint32_t, std::string_view bytes, size_t count) {
    if (count > 0) take(bytes);
  };
  size_t fields = kMaxFields;
  const bool sound = Walk(WireReader(message, fields), [&](WireReader& in, uint32_t tag) {
    std::string_view contents;
    if (tag != Bytes(5)) return in.Skip(tag);
    return in.ReadBytes(contents) && ReadContents(in.Inside(contents), take_run);
  });
  HILLOCK_CHECK(sound);
}

absl::Status RequestView::Read(std::string_view bytes) {
  model_name = model_version = id = {};
  wants_final = false;
  inputs.clear();
  outputs.clear();
  raw_contents.clear();
  return RequestReader(*this).Read(bytes);
}

}  // namespace hillock::rpc
