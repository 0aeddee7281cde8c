// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_FUZZ_ECHO_HANDLER_H_
#define HILLOCK_TESTS_FUZZ_ECHO_HANDLER_H_

#include <cstddef>
#include <vector>

#include "server/transport/grpc/call.h"

namespace hillock::fuzz {

// Sends a call's messages back, and aborts when the transport does not keep what it promises to
// handlers.
class EchoHandler final : public transport::Handler {
 public:
  enum class Pace {
    kAtOnce,  // each message when it comes
    kAtEnd,   // all when the client has sent the last
    kSlow,    // one, and pauses until Resume()
  };

  EchoHandler(transport::Call& call, Pace pace);

  void OnMessage(transport::Buffer message) override;
  void OnHalfClose() override;
  void OnBroken(const absl::Status& status) override;
  void OnDrain() override;
  void OnSent() override;
  void OnClosed(bool finished) override;

  // Takes messages again. Does nothing unless paused.
  void Resume();

  bool closed() const { return call_ == nullptr; }

 private:
  void Send(transport::Buffer message);

  transport::Call* call_;  // none once closed
  const Pace pace_;
  const bool compresses_;
  std::vector<transport::Buffer> kept_;
  bool paused_ = false;
  bool read_all_ = false;
  bool broken_ = false;
};

}  // namespace hillock::fuzz

#endif  // HILLOCK_TESTS_FUZZ_ECHO_HANDLER_H_
