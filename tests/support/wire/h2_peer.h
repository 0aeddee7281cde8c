// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_SUPPORT_WIRE_H2_PEER_H_
#define HILLOCK_TESTS_SUPPORT_WIRE_H2_PEER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/core/base/descriptor.h"

struct nghttp2_session;

namespace hillock::testing {

using Headers = std::vector<std::pair<std::string, std::string>>;

// What a client has seen of one stream.
struct H2Answer {
  Headers headers;
  std::string data;
  Headers trailers;
  std::optional<uint32_t> reset;  // the code of a RST_STREAM
  bool closed = false;            // both sides have ended

  // The first header or trailer of that name, or "".
  std::string Value(std::string_view name) const;
};

// The client's end of an HTTP/2 connection, which a test moves step by step. It never blocks.
class H2Peer {
 public:
  // `socket` is a stream socket, or none: then the test moves the bytes, with TakeBytes() and
  // GiveBytes(). `window`: the initial window of every stream.
  explicit H2Peer(Descriptor socket, int32_t window = 1 << 20);
  ~H2Peer();
  H2Peer(const H2Peer&) = delete;
  H2Peer& operator=(const H2Peer&) = delete;

  // Begins a POST of gRPC with these further headers, which replace those of the same name.
  int32_t Start(const std::string& path, const Headers& headers = {});

  // Sends data on a stream, and maybe its end.
  void Send(int32_t stream, std::string data, bool end);

  void Reset(int32_t stream, uint32_t code);

  // Opens the windows of a stream and of the connection.
  void OpenWindow(int32_t stream, int32_t bytes);

  // Changes the initial window of every stream, those that are open included.
  void SetInitialWindow(uint32_t bytes);

  void Ping();
  void GoAway();

  // Bytes past HTTP/2.
  void SendRaw(std::string_view bytes);

  // Writes and reads what can be. False when there was nothing.
  bool Pump();

  // What is to be written now.
  std::string TakeBytes();

  // Reads bytes that the server has sent.
  void GiveBytes(std::string_view bytes);

  const H2Answer& answer(int32_t stream) { return answers_[stream]; }
  std::vector<int32_t> goaways() const { return goaways_; }  // their last stream ids
  uint32_t goaway_code() const { return goaway_code_; }
  size_t pings() const { return pings_; }  // of the server's own
  size_t pongs() const { return pongs_; }  // its answers

  // What the server has sent against HTTP/2's rules.
  size_t faults() const { return faults_; }

  bool closed() const { return closed_; }  // by the server

  // Reads no more of what arrives.
  void FallSilent() { silent_ = true; }

 private:
  friend struct H2PeerCallbacks;
  struct Body {
    std::string data;
    bool end = false;
    bool deferred = false;
  };

  Descriptor socket_;
  nghttp2_session* session_ = nullptr;
  std::string out_;
  std::map<int32_t, H2Answer> answers_;
  std::map<int32_t, Body> bodies_;
  std::vector<int32_t> goaways_;
  uint32_t goaway_code_ = 0;
  size_t pings_ = 0;
  size_t pongs_ = 0;
  size_t faults_ = 0;
  bool closed_ = false;
  bool silent_ = false;
};

// A gRPC message with its prefix.
std::string Framed(std::string_view message, char flag = 0);

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_WIRE_H2_PEER_H_
