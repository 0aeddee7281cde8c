// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_CONNECTION_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "server/core/base/clock.h"
#include "server/transport/buffer.h"
#include "server/transport/grpc/peer.h"
#include "server/transport/http2/frame_filter.h"
#include "server/transport/http2/keepalive.h"
#include "server/transport/net/byte_stream.h"
#include "server/transport/net/event_loop.h"

struct nghttp2_session;

namespace hillock::transport {

class Endpoint;
class Stream;

// One client's connection: bytes, nghttp2's session, and a Stream for each call.
//
// nghttp2 must not be entered from its own callbacks, and a connection must not be destroyed there.
// So whatever happens only marks the connection (MarkDirty). What is to be sent leaves in Flush(),
// which the endpoint calls for each marked one, and the endpoint destroys a connection that is
// over().
//
// The server's SETTINGS leave when the client's first bytes have come: a client of another protocol
// is told what is served here instead.
//
// Its life. A drain has two steps, so that no call is lost (RFC 9113, section 6.8): a GOAWAY that
// refuses nothing yet, then one that names the last call accepted.
//
//     kOpen --Drain()--> kNoticeSent --PING answered, or 1 s--> kGoAwaySent
//       |                                                           | last call is over
//       | HTTP/2 error: nghttp2 sends a GOAWAY and wants no more    v
//       +------------------------------------------------------> kClosing: write side is closed
//                                                                   | peer closes, or 1 s
//     any state --I/O error, silence, or no reading--> kOver <------+
//
// Belongs to its endpoint's thread.
class Connection final : public EventLoop::Source {
 public:
  Connection(Endpoint& endpoint, std::unique_ptr<ByteStream> bytes, Peer peer, Nanos now);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void OnEvents(uint32_t events) override;

  // Writes all that waits to be sent, as far as the peer takes it. The only place that does.
  void Flush();

  // Begins the drain. With `ends_calls`, calls that could go on for ever are asked to end, those
  // that arrive before its second step included.
  void Drain(bool ends_calls);

  // Does what time demands: deadlines, keepalive, age, the steps of a drain.
  void Tick(Nanos now);

  // Whether it could move to another endpoint now: it has no calls, and nothing to write.
  bool can_move() const;

  // Leaves its endpoint's loop, and joins another's. Between the two it may be handed to another
  // thread. REQUIRES: can_move().
  void Leave();
  void Join(Endpoint& endpoint);

  // Whether anything has arrived since this was asked last.
  bool TakeActive() { return std::exchange(active_, false); }

  bool over() const { return state_ == State::kOver; }
  size_t open_calls() const { return streams_.size(); }

  // What streams use.
  Endpoint& endpoint() { return *endpoint_; }
  nghttp2_session* session() { return session_; }
  Peer& peer() { return peer_; }
  void MarkDirty();
  void ListSent(Stream& stream) { sent_.push_back(&stream); }  // for NotifySent()

  // Bytes of answers that wait for the peer.
  void AddUnsent(size_t bytes) { unsent_ += bytes; }
  void SubtractUnsent(size_t bytes) { unsent_ -= bytes; }
  size_t unsent() const { return unsent_; }

  // Bytes of messages that have not arrived completely. Its streams count them.
  size_t& unfinished() { return unfinished_; }

 private:
  friend struct SessionCallbacks;

  enum class State : uint8_t { kOpen, kNoticeSent, kGoAwaySent, kClosing, kOver };

  void Receive();
  bool IsForeign(std::string_view first_bytes);
  void Feed(std::string_view bytes);
  void Discard();
  bool Write();
  bool Pack();
  bool HasEnoughOut() const;
  void NotifySent();
  void Watch(uint32_t events);
  void Enter(State state);
  void CloseIfDone();
  void CloseStreams();
  void OnGoAwaySent();
  void OnPong(const uint8_t* payload);
  void GoAway();
  void DrainStreams();
  void Fail() { state_ = State::kOver; }
  void TickDrain(Nanos now);
  void TickKeepalive(Nanos now);

  // Calls that arrive between the choice of the last one and the GOAWAY that names it are ignored:
  // nghttp2 closes their streams when the GOAWAY has left, and the peer may try again elsewhere.
  bool accepts_calls() const { return state_ != State::kGoAwaySent; }
  Stream& OpenStream(int32_t id);
  void CloseStream(Stream& stream);

  Endpoint* endpoint_;
  const std::unique_ptr<ByteStream> bytes_;
  Peer peer_;
  FrameFilter filter_;
  nghttp2_session* session_ = nullptr;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<Stream*> sent_;  // some of whose bytes have left
  Buffer out_;
  size_t out_at_ = 0;    // of out_, how much has left
  size_t received_ = 0;  // DATA, not yet given back to the connection's window
  size_t unsent_ = 0;
  size_t unfinished_ = 0;
  uint32_t watched_ = 0;  // events
  State state_ = State::kOpen;
  Nanos entered_ = 0;        // when state_ was, from kNoticeSent on
  bool dirty_ = false;       // in the endpoint's list
  bool ends_calls_ = false;  // Drain() said so
  bool active_ = false;      // since TakeActive()
  bool has_received_ = false;
  Keepalive keepalive_;
  const Nanos opened_;
  const Nanos age_limit_;  // 0: none
  Nanos last_written_;     // or when there was nothing to write
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_CONNECTION_H_
