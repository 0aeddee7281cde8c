// SPDX-License-Identifier: Apache-2.0

// Any bytes are read as a REST request or refused: a head, and a body that is chunked or has a
// length and may have tensors after its JSON. What comes of an inference request is a message that
// the layer below reads.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/core/base/status.h"
#include "server/http/chunked_body.h"
#include "server/http/head.h"
#include "server/rest/infer_request.h"
#include "server/rest/request_headers.h"
#include "server/rpc/messages/request_view.h"
#include "server/transport/buffer.h"

namespace {

using namespace hillock;

constexpr size_t kMaxBytes = 1 << 16;

void ReadInferBody(const rest::Request& request, std::string_view body) {
  const size_t json = std::min(request.json_length.value_or(body.size()), body.size());
  const auto parsed = rest::ParseInferRequest(body.substr(0, json), kMaxBytes);
  if (!parsed.ok()) return;
  transport::Buffer message;
  const absl::Status written = rest::WriteInferRequest(
      *parsed, request.names.model, request.names.version, body.substr(json), message);
  rpc::RequestView view;
  if (!written.ok()) return;
  const absl::Status read = view.Read(message.view());
  // Names in paths, and they alone, may be no UTF-8.
  HILLOCK_CHECK(read.ok() || absl::IsInvalidArgument(read));
  if (read.ok()) HILLOCK_CHECK(view.raw_contents.size() == parsed->inputs.size());
}

void ReadBody(const http::Head& head, const rest::Request& request, std::string_view rest) {
  const auto framing = http::FramingOf(head);
  if (!framing.ok()) return;
  std::string body(rest.substr(0, framing->length));
  if (framing->chunked) {
    http::ChunkedBody chunks(kMaxBytes, {});
    const auto done = chunks.Read(rest);
    if (!done.ok() || !*done) return;
    body = std::string(chunks.Take().view());
  }
  if (request.route->infers()) {
    ReadInferBody(request, body);
  } else {
    (void)request.route->message(request.names, body);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t length = http::HeadLength(bytes);
  if (length == 0) return 0;
  const auto head = http::ParseHead(bytes.substr(0, length));
  if (!head.ok()) return 0;
  const auto request = rest::ReadRequestHeaders(*head);
  if (std::holds_alternative<rest::Request>(request)) {
    ReadBody(*head, std::get<rest::Request>(request), bytes.substr(length));
  }
  return 0;
}
