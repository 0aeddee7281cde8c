// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_KEEPALIVE_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_KEEPALIVE_H_

#include <cstdint>

#include "server/core/base/clock.h"

namespace hillock::transport {

// Whether the peer of one connection is alive.
//
//     kHandshake --SETTINGS--> kAlive --silent for kIdleTime--> kPinged
//         |                       ^                                |
//         | kHandshakeTime        +-----------any bytes------------+
//         v                                                        | kPingTimeout more
//       kDead <----------------------------------------------------+
//
// Not thread-safe.
class Keepalive {
 public:
  enum class Action { kNone, kSendPing, kGiveUp };

  explicit Keepalive(Nanos now) : opened_(now), last_read_(now) {}

  void OnBytes(Nanos now) {
    last_read_ = now;
    if (state_ == State::kPinged) state_ = State::kAlive;
  }

  void OnSettings() {
    if (state_ == State::kHandshake) state_ = State::kAlive;
  }

  // What to do now. To be called about once a second.
  Action Tick(Nanos now) {
    const Nanos silence = now - last_read_;
    switch (state_) {
      case State::kHandshake:
        return now - opened_ > kHandshakeTime ? Action::kGiveUp : Action::kNone;
      case State::kAlive:
        if (silence <= kIdleTime) return Action::kNone;
        state_ = State::kPinged;
        return Action::kSendPing;
      case State::kPinged:
        return silence > kIdleTime + kPingTimeout ? Action::kGiveUp : Action::kNone;
    }
    return Action::kNone;
  }

  // Whether the peer has sent its SETTINGS: it speaks HTTP/2.
  bool has_settings() const { return state_ != State::kHandshake; }

 private:
  enum class State : uint8_t { kHandshake, kAlive, kPinged };

  static constexpr Nanos kSecond = 1'000'000'000;
  static constexpr Nanos kHandshakeTime = 20 * kSecond;
  static constexpr Nanos kIdleTime = 60 * kSecond;
  static constexpr Nanos kPingTimeout = 20 * kSecond;

  State state_ = State::kHandshake;
  const Nanos opened_;
  Nanos last_read_;
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_KEEPALIVE_H_
