// SPDX-License-Identifier: Apache-2.0
#include "server/rest/infer_answer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "proto/inference.pb.h"
#include "server/rest/tensor_json.h"
#include "server/rpc/messages/wire_reader.h"

namespace hillock::rest {
namespace {

constexpr uint32_t kRawOutputContents = 6;  // of ModelInferResponse
constexpr std::string_view kOctets = "application/octet-stream";

// A response whose contents stay where they are, as there may be megabytes of them.
struct Response {
  inference::ModelInferResponse head;  // everything else
  std::vector<std::string_view> contents;
};

Response Read(std::string_view message) {
  constexpr uint32_t kContentsTag = rpc::WireTag(kRawOutputContents, rpc::WireType::kLength);
  Response response;
  std::string head;
  size_t fields = message.size();
  rpc::WireReader in(message, fields);
  std::string_view rest = message;
  while (!in.done()) {
    uint32_t tag = 0;
    std::string_view bytes;
    HILLOCK_CHECK(in.ReadTag(tag) && in.ReadBytes(bytes));
    const auto length = static_cast<size_t>(bytes.data() + bytes.size() - rest.data());
    if (tag == kContentsTag) {
      response.contents.push_back(bytes);
    } else {
      head += rest.substr(0, length);
    }
    rest.remove_prefix(length);
  }
  HILLOCK_CHECK(response.head.ParseFromString(head));
  HILLOCK_CHECK(response.head.outputs_size() == static_cast<int>(response.contents.size()));
  return response;
}

absl::Status AppendOutput(const inference::ModelInferResponse::InferOutputTensor& output,
                          std::string_view contents, bool binary, std::string& json) {
  json += fmt::format(R"({{"name":{},"datatype":"{}","shape":[{}],)", Quoted(output.name()),
                      output.datatype(), fmt::join(output.shape(), ","));
  if (binary) {
    json += fmt::format(R"("parameters":{{"binary_data_size":{}}}}})", contents.size());
    return absl::OkStatus();
  }
  json += R"("data":)";
  const absl::Status appended = AppendTensorJson(output.datatype(), contents, json);
  if (!appended.ok()) return Annotate(appended, fmt::format("output '{}'", output.name()));
  json += '}';
  return absl::OkStatus();
}

std::string Beginning(const inference::ModelInferResponse& head) {
  const std::string id = head.id().empty() ? "" : fmt::format(R"("id":{},)", Quoted(head.id()));
  return fmt::format(R"({{{}"model_name":{},"model_version":"{}","outputs":[)", id,
                     Quoted(head.model_name()), head.model_version());
}

}  // namespace

absl::StatusOr<Answer> MakeInferAnswer(std::string_view message, const BinaryOutputs& binary) {
  const Response response = Read(message);
  Answer answer;
  answer.body = Beginning(response.head);
  std::vector<std::string_view> after;
  for (size_t i = 0; i < response.contents.size(); ++i) {
    const auto& output = response.head.outputs(static_cast<int>(i));
    const bool is_binary = binary.Has(output.name());
    if (is_binary) after.push_back(response.contents[i]);
    if (i > 0) answer.body += ',';
    HILLOCK_RETURN_IF_ERROR(AppendOutput(output, response.contents[i], is_binary, answer.body));
  }
  answer.body += "]}";
  if (after.empty()) return answer;
  answer.content_type = kOctets;
  answer.headers = fmt::format("Inference-Header-Content-Length: {}\r\n", answer.body.size());
  for (const std::string_view contents : after) answer.body += contents;
  return answer;
}

}  // namespace hillock::rest
