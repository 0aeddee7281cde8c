// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_HTTP_CONNECTION_H_
#define HILLOCK_SERVER_HTTP_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/core/base/clock.h"
#include "server/http/codec.h"
#include "server/http/elsewhere.h"
#include "server/transport/net/byte_stream.h"
#include "server/transport/net/event_loop.h"

namespace hillock::http {

// One client of the HTTP port. A request is looked at when its head has arrived, and its answer
// is kept until the client has taken it, so that no client makes anybody wait.
//
//     kReading --a whole head, or too large a one--> kWriting --all is sent--> kReading
//        ^ idle or in a request                         | and it was the last
//                                                       v
//                        kOver <--client closes--  kClosing: write side is closed
//     any state --its time is up, I/O error--> kOver
//     kReading --a request that is served elsewhere--> moved there, kOver
//
// One request is answered for each event, so that a client which sends many at once has no more
// than its turn. kClosing reads on, as closing a socket with unread bytes resets the connection,
// and the client may lose the answer.
//
// Belongs to the loop's thread.
class Connection final : private transport::EventLoop::Source {
 public:
  // Longest times of a state.
  static constexpr Nanos kIdleTime = 75'000'000'000;    // Prometheus scrapes once a minute or more
  static constexpr Nanos kRequestTime = 5'000'000'000;  // from its first byte to its last
  static constexpr Nanos kAnswerTime = 20'000'000'000;
  static constexpr Nanos kClosingTime = 1'000'000'000;

  static constexpr size_t kMaxHeadBytes = 16 << 10;

  // `bytes` have been read already. `loop`, `codec` and `elsewhere` must outlive this.
  Connection(transport::EventLoop& loop, std::unique_ptr<transport::ByteStream> stream,
             std::string bytes, Codec& codec, const Elsewhere& elsewhere, Nanos now);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Ends the connection if its state has lasted too long.
  void Tick(Nanos now);

  bool over() const { return state_ == State::kOver; }

  // When it began to wait for what it waits for.
  Nanos since() const { return since_; }

  // Bytes of an answer that the client has not taken.
  size_t unsent() const { return out_.size() - sent_; }

 private:
  enum class State : uint8_t { kReading, kWriting, kClosing, kOver };

  void OnEvents(uint32_t events) override;
  void Read();
  void AnswerNext();
  void MoveAway();
  void Write();
  void Discard();
  void Enter(State state);
  void Watch(uint32_t events);
  Nanos longest() const;

  transport::EventLoop& loop_;
  std::unique_ptr<transport::ByteStream> bytes_;  // none once it has moved
  Codec& codec_;
  const Elsewhere& elsewhere_;
  State state_ = State::kReading;
  Nanos since_;
  uint32_t watched_ = EPOLLIN;
  std::string in_;     // not yet answered
  std::string out_;    // the answer at hand
  size_t sent_ = 0;    // of out_
  bool last_ = false;  // the answer at hand is the last
};

}  // namespace hillock::http

#endif  // HILLOCK_SERVER_HTTP_CONNECTION_H_
