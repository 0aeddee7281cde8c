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
#include "server/transport/http2/frame_filter.h"
#include "server/transport/net/byte_stream.h"
#include "server/transport/net/event_loop.h"

struct nghttp2_session;
struct nghttp2_session_callbacks;

namespace hillock::transport {

class Endpoint;
class Stream;

// What a connection's session is made with. The caller frees it.
nghttp2_session_callbacks* MakeCallbacks();

// One client's connection: bytes, nghttp2's session, and a Stream for each call.
//
// nghttp2 must not be called from within its own callbacks to read or write, and a connection must
// not be destroyed there. So whatever happens only marks the connection: what is to be sent leaves
// in Flush(), which the endpoint calls for each marked one, and a connection that is over is
// destroyed by the endpoint.
//
// A drain has two steps, so that no call is lost (RFC 9113, section 6.8): a GOAWAY that refuses
// nothing yet, and when the peer has seen it, or after a second, one that names the last stream
// taken on. When all of those are over, the write side is closed, and the connection when the peer
// has closed its own.
//
// Belongs to its endpoint's thread.
class Connection final : public EventLoop::Source {
 public:
  Connection(Endpoint& endpoint, std::unique_ptr<ByteStream> bytes, Nanos now);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void OnEvents(uint32_t events) override;

  // Writes what there is to write, as far as the peer takes it.
  void Flush();

  // Begins the drain. `ends_calls`: calls that could go on for ever are told to end, those that
  // come until its second step included.
  void Drain(bool ends_calls);

  // Looks at the clock: time-outs, keepalive, age, the second step of a drain.
  void Tick(Nanos now);

  // Whether it could go to another endpoint now: it has no calls, and nothing to write.
  bool can_move() const;

  // Leaves its endpoint's loop, or joins another's. Between the two it may go from one thread to
  // another. REQUIRES: can_move().
  void Leave();
  void Join(Endpoint& endpoint);

  // Whether anything has arrived since this was asked last.
  bool TakeActive() { return std::exchange(active_, false); }

  bool over() const { return over_; }
  size_t open_calls() const { return streams_.size(); }

  // What streams use.
  Endpoint& endpoint() { return *endpoint_; }
  nghttp2_session* session() { return session_; }
  void MarkDirty();
  void NoteSent(Stream& stream) { sent_.push_back(&stream); }
  void AddUnsent(size_t bytes) { unsent_ += bytes; }
  void SubtractUnsent(size_t bytes) { unsent_ -= bytes; }
  void AddIncoming(size_t bytes) { incoming_ += bytes; }
  void SubtractIncoming(size_t bytes) { incoming_ -= bytes; }

  // Bytes of answers that wait for the peer, and of requests that have not arrived completely.
  size_t unsent() const { return unsent_; }
  size_t incoming() const { return incoming_; }

 private:
  friend struct ConnectionCallbacks;  // what nghttp2 calls

  enum class State { kOpen, kNoticeSent, kGoAwaySent, kClosing };

  void Receive();
  void Feed(std::string_view bytes);
  void Discard();
  bool Write();
  bool Pack();
  bool HasEnoughOut() const;
  void TellSent();
  void Watch(uint32_t events);
  void CloseIfDone();
  void AskWhetherSeen();
  void Ponged(const uint8_t* payload);
  void GoAway();
  void DrainStreams();
  void Fail() { over_ = true; }
  void TickDrain(Nanos now);
  void TickKeepalive(Nanos now);

  Stream& OpenStream(int32_t id);
  void CloseStream(Stream& stream);

  Endpoint* endpoint_;
  const std::unique_ptr<ByteStream> bytes_;
  FrameFilter filter_;
  nghttp2_session* session_ = nullptr;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<Stream*> sent_;  // whose handlers are to be told that bytes have left
  Buffer out_;
  size_t out_at_ = 0;    // of out_, how much has left
  size_t received_ = 0;  // DATA, not yet given back to the connection's window
  size_t unsent_ = 0;
  size_t incoming_ = 0;
  uint32_t watched_ = 0;
  State state_ = State::kOpen;
  bool dirty_ = false;
  bool over_ = false;
  bool ends_calls_ = false;    // calls that could go on for ever are to end
  bool has_settings_ = false;  // the peer speaks HTTP/2
  bool ping_out_ = false;
  bool active_ = false;
  const Nanos opened_;
  const Nanos age_limit_;  // of this connection; 0: none
  Nanos last_read_;
  Nanos last_written_;  // or when there was nothing to write
  Nanos since_ = 0;     // when state_ was entered
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_CONNECTION_H_
