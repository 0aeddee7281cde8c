// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_INFERENCE_FRONTEND_H_
#define HILLOCK_SERVER_RPC_INFERENCE_FRONTEND_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>

#include "server/rpc/access/access.h"
#include "server/rpc/control/control_router.h"
#include "server/rpc/inference/infer_call.h"
#include "server/rpc/messages/limits.h"
#include "server/scheduling/reactor.h"
#include "server/transport/http2/endpoint.h"

namespace hillock::transport {
class Connection;
}

namespace hillock::rpc {

struct ControlServices;

// What one reactor serves: its connections, and every method on them. Functions belong to the
// reactor's thread unless they say that they are thread-safe.
class Frontend final : public scheduling::Network, private transport::Router {
 public:
  // All must outlive this, and what `rules` points to. `log`: see InferContext.
  Frontend(scheduling::Reactor& reactor, ControlServices& services, const AccessRules& rules,
           transport::MemoryBudget& budget, const transport::Endpoint::Options& options,
           RequestLog* log = nullptr);

  // All frontends of the server, this one included. While this reactor is full and another is idle,
  // it gives connections away. REQUIRES: called once, before the reactor starts; `all` outlives it
  // and does not change.
  void ShareWith(std::span<const std::unique_ptr<Frontend>> all) { all_ = all; }

  // Serves a new connection, which came to that listener. Thread-safe.
  void Adopt(std::unique_ptr<transport::ByteStream> bytes, transport::Entrance entrance);

  // Sends the server's readiness to those who watch it, if it has changed. Thread-safe.
  void UpdateWatchers();

  // Has every connection finish its calls and close. Thread-safe.
  void Drain();

  // How many connections it has, those on their way here included. Thread-safe.
  size_t connections() const { return endpoint_.connections() + adopting_.load(); }

  // How many calls are open, streams included. Thread-safe.
  size_t calls() const { return endpoint_.streams(); }

  // Finds the methods of calls that come another way than by its connections.
  transport::Router& router() { return *this; }

  void Flush() override;
  bool Work() override { return endpoint_.Work(); }
  void Tick() override;
  bool WantsTicks() const override { return endpoint_.connections() > 0; }

 private:
  transport::Handler* Open(transport::Call& call) override;
  void Adopt(std::unique_ptr<transport::Connection> connection);
  Frontend* FindIdle() const;

  scheduling::Reactor& reactor_;
  const InferContext context_;
  Access access_;
  InferCalls infer_calls_;
  ControlRouter control_;
  std::atomic<size_t> adopting_{0};
  std::span<const std::unique_ptr<Frontend>> all_;
  Frontend* idle_ = nullptr;      // is to be given a connection
  transport::Endpoint endpoint_;  // the last member, as its calls use all of the above
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_INFERENCE_FRONTEND_H_
