// SPDX-License-Identifier: Apache-2.0

// Submits the headers and trailers of an answer to nghttp2, which copies what it needs.

#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_RESPONSE_HEADERS_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_RESPONSE_HEADERS_H_

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "server/transport/grpc/call.h"

namespace hillock::transport {

// How a call ends, as it goes onto the wire.
struct FinalStatus {
  void Set(const absl::Status& status, Metadata trailing);
  void Clear();

  uint8_t code = 0;
  std::string message;  // percent-encoded
  Metadata trailers;
};

// The stream of an answer.
struct AnswerStream {
  nghttp2_session* session;
  int32_t id;
};

// The headers before the first message. `source` provides the messages.
void SubmitHeaders(AnswerStream stream, const Metadata& initial, bool gzip,
                   const nghttp2_data_provider& source);

// The trailers after the last message.
void SubmitTrailers(AnswerStream stream, const FinalStatus& status);

// The only headers of an answer without messages.
void SubmitOnlyHeaders(AnswerStream stream, const Metadata& initial, const FinalStatus& status);

// The answer to a request that is not gRPC. `http_status` is a constant.
void SubmitHttpError(AnswerStream stream, const char* http_status);

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_RESPONSE_HEADERS_H_
