// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_REST_CONNECTION_H_
#define HILLOCK_SERVER_REST_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/core/base/clock.h"
#include "server/core/base/status.h"
#include "server/http/chunked_body.h"
#include "server/http/head.h"
#include "server/rest/exchange.h"
#include "server/transport/buffer.h"
#include "server/transport/grpc/peer.h"
#include "server/transport/net/byte_stream.h"
#include "server/transport/net/event_loop.h"

namespace hillock::rest {

class Endpoint;

// One client. Its requests are answered one after the other; while one is being served, or its
// answer has not left, no further bytes are read.
//
//     kHead --head is there--> kBody --all of it--> kServing --answer is ready--> kWriting
//       ^  |                     |                     | client is gone               |
//       |  | head or body is malformed, too large,     v                              |
//       |  | or too slow --------+------> kWriting    kOver                           |
//       |  |                                                                          |
//       |  +--a path that is not ours--> moved away, kOver                            |
//       +-----------------------------all is sent-------------------------------------+
//                                                     | and it was the last
//                                                     v
//                            kOver <--client closes-- kClosing: write side is closed
//     any state --its time is up, I/O error--> kOver
//
// kClosing reads on, as closing a socket with unread bytes resets the connection, and the client
// may lose the answer. A client that closes its write side while a request is being served counts
// as gone: its rows are not computed.
//
// Nothing is answered, and no handler is told of an end, but within Flush() and Work(), which the
// endpoint calls. So a handler may finish a call whenever it likes.
//
// Belongs to its endpoint's thread.
class Connection final : private transport::EventLoop::Source, private Exchange::Owner {
 public:
  static constexpr Nanos kIdleTime = 75'000'000'000;
  static constexpr Nanos kHeadTime = 5'000'000'000;  // from its first byte to its last
  static constexpr Nanos kClosingTime = 1'000'000'000;
  static constexpr Nanos kDrainingTime = 1'000'000'000;  // of an idle connection

  // A body, and an answer, may take so long and a second more for each kMinRate of its bytes.
  static constexpr Nanos kGraceTime = 10'000'000'000;
  static constexpr size_t kMinRate = 16 << 10;

  // `bytes`: what has been read already.
  Connection(Endpoint& endpoint, std::unique_ptr<transport::ByteStream> stream,
             std::string_view bytes);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Goes on with bytes that were read before. REQUIRES: not called within a handler.
  void Work();

  // Makes and writes the answer, as far as the client takes it.
  void Flush();

  // Has the request at hand, or the next one, be the last. With `refuses` it gets no answer but
  // 503.
  void Drain(bool refuses);

  // Ends what has lasted too long.
  void Tick(Nanos now);

  // Ends it now. The endpoint destroys it at its next Flush().
  void End();

  bool over() const { return state_ == State::kOver; }
  bool idle() const { return state_ == State::kHead && in_.empty(); }
  Nanos since() const { return since_; }

 private:
  enum class State : uint8_t { kHead, kBody, kServing, kWriting, kClosing, kOver };

  void OnEvents(uint32_t events) override;
  void OnProgress() override;

  void Read();
  void Proceed();
  void TakeHead();
  void Begin(const http::Head& head);
  absl::Status BeginBody(const http::Head& head);
  void MoveAway();
  void SkipBody();
  void Continue();
  void TakeBody();
  absl::Status TakeChunks();
  void Serve(transport::Buffer bytes, size_t offset, size_t length);
  void Refuse(const Answer& answer);
  void Put(Answer answer);
  void Write();
  void Sent();
  void Discard();
  void Enter(State state);
  void Watch(uint32_t events);
  bool HasWaitedTooLong(Nanos now) const;

  Endpoint& endpoint_;
  std::unique_ptr<transport::ByteStream> stream_;  // none once it has moved away
  transport::Peer peer_;
  State state_ = State::kHead;
  Nanos since_;  // when it entered the state, or its first byte came
  uint32_t watched_;
  transport::Buffer in_;  // what is not yet taken

  // Of the request at hand.
  size_t head_length_ = 0;
  size_t body_length_ = 0;  // unless it is chunked
  std::optional<http::ChunkedBody> chunks_;
  size_t received_ = 0;   // bytes, of its head and what followed
  bool expects_ = false;  // the client waits to be told to go on
  bool is_1_0_ = false;
  bool is_head_ = false;  // its answer has no body
  bool last_ = false;     // the client, or an error, wants no more
  std::shared_ptr<Exchange> exchange_;

  // The answer at hand: a head, and a body that is large.
  std::string out_;
  std::string rest_;
  size_t sent_ = 0;     // of out_
  size_t written_ = 0;  // of both
  size_t charged_ = 0;
  bool draining_ = false;
  bool refuses_ = false;
};

}  // namespace hillock::rest

#endif  // HILLOCK_SERVER_REST_CONNECTION_H_
