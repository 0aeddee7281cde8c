// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_LOAD_CONNECTION_H_
#define HILLOCK_CLIENT_LOAD_CONNECTION_H_

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "client/load/dialer.h"
#include "server/core/base/clock.h"
#include "server/transport/http2/client/client_connection.h"
#include "server/transport/net/event_loop.h"

namespace hillock::client {

// A connection of a load, which is made again when it is lost, and replaced when the server
// announces that it will close it (GOAWAY):
//
//     down --Connect()--> connecting --OnUp()--> up
//      ^                       |                 |
//      |                  OnDown()           OnDown()
//      +-----------------------+-----------------+--> connecting, at once, if it had been up and
//                                                     served since the last failure
//
// Replaced connections finish their calls and are then dropped. Belongs to one event loop and its
// thread.
class LoadConnection final : private transport::ClientConnection::Owner {
 public:
  // Called from within the event loop, Connect() and Flush(). It may start calls.
  class Owner {
   public:
    // Calls may be started and will leave.
    virtual void OnUp() = 0;

    // The connection takes no more calls. If usable(), the next one is being made already, and
    // calls that are started wait for it; else Connect() is due at next_attempt().
    virtual void OnDown() = 0;

    virtual void OnAnswer(transport::ClientCall& call, Nanos arrived) = 0;

   protected:
    ~Owner() = default;
  };

  // All must outlive this.
  LoadConnection(transport::EventLoop& loop, const transport::UnaryMethod& method,
                 const Dialer& dialer, Owner& owner)
      : loop_(loop), method_(method), dialer_(dialer), owner_(owner) {}
  LoadConnection(const LoadConnection&) = delete;
  LoadConnection& operator=(const LoadConnection&) = delete;

  // Begins to connect; OnUp() or OnDown() follows. REQUIRES: it is not usable.
  void Connect(Nanos now);

  // When Connect() is due. The pause doubles with each connection that brought no answer.
  Nanos next_attempt() const { return next_attempt_; }

  // Whether it is up or connecting.
  bool usable() const { return current_ != nullptr; }
  bool up() const { return current_ != nullptr && current_->ready(); }

  // What the last connection ended with.
  const absl::Status& last_error() const { return last_error_; }

  // As those of transport::ClientConnection.
  void Start(transport::ClientCall& call, std::string_view message, Nanos deadline) {
    current_->Start(call, message, deadline);
  }
  void Cancel(transport::ClientCall& call);
  void Flush();

  // Drops connections that were replaced and have no calls left. Not from within callbacks.
  void DropEnded();
  bool has_replaced() const { return !replaced_.empty(); }

 private:
  void OnReady(transport::ClientConnection& connection) override;
  void OnUnusable(transport::ClientConnection& connection, const absl::Status& why) override;
  void OnAnswer(transport::ClientCall& call, Nanos arrived) override;
  void PlanAttempt(Nanos now);

  transport::EventLoop& loop_;
  const transport::UnaryMethod& method_;
  const Dialer& dialer_;
  Owner& owner_;
  std::unique_ptr<transport::ClientConnection> current_;
  std::vector<std::unique_ptr<transport::ClientConnection>> replaced_;
  size_t address_ = 0;   // of the dialer's, the one to try next
  size_t failures_ = 0;  // connections since the last answer
  bool was_up_ = false;  // the last of them
  Nanos next_attempt_ = 0;
  absl::Status last_error_;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_CONNECTION_H_
