// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_TRANSPORT_HTTP2_SCRIPTED_SERVER_H_
#define HILLOCK_TESTS_UNIT_TRANSPORT_HTTP2_SCRIPTED_SERVER_H_

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/core/base/descriptor.h"

namespace hillock::transport {

using Fields = std::vector<std::pair<std::string, std::string>>;

// The server's end of one HTTP/2 connection, which does what a test tells it. Everything is queued
// until Pump(). Not thread-safe.
class ScriptedServer {
 public:
  static constexpr uint32_t kNoLimit = 0xffff'ffff;

  struct Request {
    int32_t stream = 0;
    std::map<std::string, std::string> headers;
    std::string body;
    bool complete = false;          // its end has come
    std::optional<uint32_t> reset;  // by the client, with this code
  };

  explicit ScriptedServer(Descriptor socket, uint32_t most_streams = kNoLimit);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  // Reads what has come and writes what is queued, as far as that goes without waiting. False when
  // the client is gone.
  bool Pump();

  int descriptor() const { return socket_.get(); }

  // In the order of their arrival.
  std::deque<Request>& requests() { return requests_; }
  uint64_t pings_answered() const { return pings_answered_; }

  // A whole answer: headers with `http_status`, `body` as it is, and trailers.
  void Answer(int32_t stream, std::string body, Fields trailers,
              const std::string& http_status = "200");
  // An answer that succeeds, with a message of so many bytes.
  void AnswerOk(int32_t stream, size_t message_bytes = 4);
  // Only headers, which end the stream.
  void AnswerTrailersOnly(int32_t stream, Fields headers);
  // Headers, `body`, and no end.
  void AnswerInPart(int32_t stream, std::string body);

  void Reset(int32_t stream, uint32_t error);
  void GoAway(int32_t last_stream, uint32_t error = NGHTTP2_NO_ERROR);
  void LimitStreams(uint32_t most);
  void Ping();

 private:
  struct Callbacks;

  struct Body {
    std::string bytes;
    size_t sent = 0;
    std::optional<Fields> trailers;  // none: the stream stays open
  };

  Request& RequestOf(int32_t stream);
  void SubmitAnswer(int32_t stream, const std::string& http_status, Body body);
  bool ReadAll();
  bool WriteAll();

  Descriptor socket_;
  nghttp2_session* session_ = nullptr;
  std::deque<Request> requests_;
  std::map<int32_t, Body> bodies_;
  std::string unsent_;
  uint64_t pings_answered_ = 0;
};

// A message of zeros as gRPC sends it.
std::string Message(size_t bytes);

}  // namespace hillock::transport

#endif  // HILLOCK_TESTS_UNIT_TRANSPORT_HTTP2_SCRIPTED_SERVER_H_
