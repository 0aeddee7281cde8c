// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/call_model.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <utility>

#include "proto/health.pb.h"
#include "proto/inference.pb.h"
#include "server/core/base/status.h"
#include "server/transport/grpc/grpc_protocol.h"
#include "tests/fuzz/fuzz_server.h"

namespace hillock::fuzz {
namespace {

using Code = absl::StatusCode;
using testing::Framed;
using testing::H2Answer;
using transport::Buffer;
using transport::Encoding;
using transport::kPrefixBytes;

constexpr std::array<size_t, 8> kSizes = {0, 1, 7, 100, 5'000, 16'379, 40'000, kMaxMessage};

constexpr char kOnlyPrefix[] = "\0\x40\0\0\0";  // of a gigabyte

std::string Compressed(std::string_view text, Encoding encoding) {
  if (encoding == Encoding::kGzip) {
    Buffer out;
    transport::Gzip(text, out);
    return std::string(out.view());
  }
  uLongf size = compressBound(text.size());
  std::string out(size, '\0');
  const auto* const from = reinterpret_cast<const Bytef*>(text.data());
  HILLOCK_CHECK(compress(reinterpret_cast<Bytef*>(out.data()), &size, from, text.size()) == Z_OK);
  out.resize(size);
  return out;
}

std::string Decompressed(std::string_view bytes) {
  Buffer compressed;
  compressed.Append(bytes);
  transport::Inflater inflater(std::move(compressed), kMaxMessage, {});
  const auto done = inflater.Step(kMaxMessage + 1);
  HILLOCK_CHECK(done.ok() && *done);
  return std::string(inflater.TakeOutput().view());
}

// The messages of an answer, which must be whole ones unless it `may_be_cut`.
std::vector<std::string> MessagesOf(std::string_view data, bool may_be_cut) {
  std::vector<std::string> messages;
  while (data.size() >= kPrefixBytes) {
    const size_t size = transport::ReadLength(data.data());
    if (data.size() < kPrefixBytes + size) break;
    const std::string_view message = data.substr(kPrefixBytes, size);
    messages.push_back(data.front() == 1 ? Decompressed(message) : std::string(message));
    data.remove_prefix(kPrefixBytes + size);
  }
  HILLOCK_CHECK(data.empty() || may_be_cut);
  return messages;
}

// Three ones, whose sum the model gives.
std::string InferRequest(const std::string& model, const std::string& id) {
  inference::ModelInferRequest request;
  request.set_model_name(model);
  request.set_id(id);
  auto& input = *request.add_inputs();
  input.set_name("input");
  input.set_datatype("FP32");
  input.add_shape(1);
  input.add_shape(3);
  const std::array<float, 3> ones = {1.0f, 1.0f, 1.0f};
  request.add_raw_input_contents(reinterpret_cast<const char*>(ones.data()), sizeof ones);
  return request.SerializeAsString();
}

void CheckSum(const inference::ModelInferResponse& response, const std::string& request) {
  inference::ModelInferRequest asked;
  HILLOCK_CHECK(asked.ParseFromString(request));
  HILLOCK_CHECK(response.id() == asked.id() && response.raw_output_contents_size() == 1);
  HILLOCK_CHECK(response.raw_output_contents(0).size() == sizeof(float));
}

int64_t CountStatuses(const H2Answer& answer) {
  int64_t count = 0;
  for (const testing::Headers* const list : {&answer.headers, &answer.trailers}) {
    count += std::ranges::count(*list, "grpc-status", &testing::Headers::value_type::first);
  }
  return count;
}

}  // namespace

std::string PathOf(Method method) {
  static constexpr std::array<const char*, kMethods> kPaths = {
      kEcho, kEchoAtEnd, kEchoSlowly, kUnary, kInfer, kStreamInfer, kWatch, "/Unknown"};
  return kPaths.at(static_cast<size_t>(method));
}

// --- Sending.

std::string CallModel::Compose(uint8_t variant, Flaw flaw, bool compressed) {
  Message message = Choose(variant);
  const bool compresses = compressed && encoding_ != Encoding::kIdentity;
  std::string bytes =
      compresses ? Framed(Compressed(message.payload, encoding_), 1) : Framed(message.payload);
  size_t known_after = bytes.size();
  message.flaw = Code::kInternal;
  if (flaw == Flaw::kFlag) {
    bytes[0] = 7;
    known_after = kPrefixBytes;
  } else if (flaw == Flaw::kUnannounced && encoding_ == Encoding::kIdentity) {
    bytes[0] = 1;
    known_after = kPrefixBytes;
  } else if (flaw == Flaw::kNotCompressed && encoding_ != Encoding::kIdentity) {
    bytes = Framed("this is not compressed", 1);
    known_after = bytes.size();
  } else if (flaw == Flaw::kTooLarge) {
    bytes = Framed(std::string(kMaxMessage + 1, 'l'));
    known_after = kPrefixBytes;
    message.flaw = Code::kResourceExhausted;
  } else if (flaw == Flaw::kTooLargeInside && encoding_ != Encoding::kIdentity) {
    bytes = Framed(Compressed(std::string(3 * kMaxMessage, 'b'), encoding_), 1);
    known_after = bytes.size();
    message.flaw = Code::kResourceExhausted;
  } else if (flaw == Flaw::kOnlyDeclared) {
    bytes.assign(kOnlyPrefix, kPrefixBytes);
    known_after = kPrefixBytes;
    message.flaw = Code::kResourceExhausted;
  } else {
    message.flaw = Code::kOk;
  }
  message.known_at = composed_ + known_after;
  composed_ += bytes.size();
  messages_.push_back(std::move(message));
  return bytes;
}

CallModel::Message CallModel::Choose(uint8_t variant) const {
  const std::string id = std::to_string(number_) + "." + std::to_string(messages_.size());
  const bool infers = method_ == Method::kInfer || method_ == Method::kStreamInfer;
  Message message{.payload = "\xff\xff", .code = Code::kInvalidArgument};
  if (infers && variant % 4 < 3) {
    message.payload = InferRequest(variant % 4 == 2 ? "plants" : "pets", id);
    message.code = variant % 4 == 2 ? Code::kNotFound : Code::kOk;
  } else if (method_ == Method::kWatch && variant % 4 < 3) {
    message = {.payload = {}, .code = Code::kOk};
  } else if (method_ == Method::kUnary && variant % 16 == 15) {
    message.payload = "bad " + id;
  } else if (!infers && method_ != Method::kWatch) {
    message.payload = id + std::string(kSizes[variant % kSizes.size()], 'm');
    message.payload.resize(kSizes[variant % kSizes.size()]);
    message.code = Code::kOk;
  }
  return message;
}

// --- What must come back.

// What of the messages reaches the method, and how the transport ends the call, if it does.
CallModel::Outcome CallModel::Transported() const {
  Outcome outcome;
  size_t whole = 0;
  for (const Message& message : messages_) {
    if (sent_ < message.known_at) break;
    if (message.flaw != Code::kOk) {
      outcome.over = true;
      outcome.status = message.flaw;
      return outcome;
    }
    outcome.delivered.push_back(&message);
    whole = message.known_at;
  }
  outcome.over = ended_;
  if (ended_ && sent_ > whole) outcome.status = Code::kInternal;
  return outcome;
}

CallModel::Outcome CallModel::Expected() const {
  if (method_ == Method::kUnknown) return {.over = true, .status = Code::kUnimplemented};
  Outcome outcome = Transported();
  if (IsUnary() || method_ == Method::kWatch) {
    JudgeUnary(outcome);
  } else if (method_ == Method::kEchoAtEnd && (!outcome.over || outcome.status != Code::kOk)) {
    outcome.delivered.clear();
  }
  return outcome;
}

// One message, and its answer when the client has ended.
void CallModel::JudgeUnary(Outcome& outcome) const {
  if (outcome.delivered.size() > 1 ||
      (outcome.over && outcome.status == Code::kOk && outcome.delivered.empty())) {
    outcome = {.over = true, .status = Code::kInternal};
  } else if (!outcome.over || outcome.status != Code::kOk) {
    outcome.delivered.clear();
  } else if (outcome.delivered.front()->code != Code::kOk) {
    outcome = {.over = true, .status = outcome.delivered.front()->code};
  } else if (method_ == Method::kWatch) {
    outcome.over = false;  // it goes on until the server drains
  }
}

void CallModel::Check(const H2Answer& answer, const Circumstances& circumstances) const {
  const Outcome expected = Expected();
  const bool unfinished = circumstances.reset || circumstances.dropped || circumstances.expired;
  HILLOCK_CHECK(CountStatuses(answer) <= 1);
  const auto messages = MessagesOf(answer.data, unfinished);
  if (circumstances.refused) {
    HILLOCK_CHECK(answer.headers.empty() && messages.empty());
    return;
  }
  CheckEnd(answer, expected, circumstances);
  if (method_ == Method::kWatch) {
    grpc::health::v1::HealthCheckResponse response;
    for (const auto& message : messages) HILLOCK_CHECK(response.ParseFromString(message));
    return;
  }
  // A stream that ends otherwise than by its client's end forgets what it has not answered yet.
  const bool forgets = method_ == Method::kStreamInfer &&
                       (circumstances.drained || (expected.over && expected.status != Code::kOk));
  HILLOCK_CHECK(messages.size() <= expected.delivered.size());
  HILLOCK_CHECK(messages.size() == expected.delivered.size() || unfinished || forgets);
  for (size_t i = 0; i < messages.size(); ++i) {
    CheckAnswer(*expected.delivered[i], messages[i], circumstances.expired);
  }
}

void CallModel::CheckEnd(const H2Answer& answer, const Outcome& expected,
                         const Circumstances& circumstances) const {
  const std::string status = answer.Value("grpc-status");
  const auto is = [&status](Code code) { return status == std::to_string(static_cast<int>(code)); };
  const bool has_status = !status.empty();
  HILLOCK_CHECK(!has_status || answer.Value(":status") == "200");
  const bool right = expected.over ? is(expected.status) : !has_status;
  const bool expired = circumstances.expired && (is(Code::kDeadlineExceeded) || answer.reset);
  const bool drained =
      circumstances.drained && ((method_ == Method::kStreamInfer && is(Code::kUnavailable)) ||
                                (method_ == Method::kWatch && is(Code::kOk)));
  const bool cut = (circumstances.reset || circumstances.dropped) && !has_status;
  HILLOCK_CHECK(right || expired || drained || cut);
  // A status that crosses the client's own reset is not looked at any more.
  HILLOCK_CHECK(!answer.reset || has_status || expired || circumstances.reset);
}

void CallModel::CheckAnswer(const Message& message, const std::string& answer, bool expired) const {
  if (method_ == Method::kInfer) {
    inference::ModelInferResponse response;
    HILLOCK_CHECK(response.ParseFromString(answer));
    return CheckSum(response, message.payload);
  }
  if (method_ != Method::kStreamInfer) {
    HILLOCK_CHECK(answer == message.payload);
    return;
  }
  inference::ModelStreamInferResponse response;
  HILLOCK_CHECK(response.ParseFromString(answer));
  const bool failed = !response.error_message().empty();
  HILLOCK_CHECK(failed == (message.code != Code::kOk) || expired);
  if (!failed) CheckSum(response.infer_response(), message.payload);
}

}  // namespace hillock::fuzz
