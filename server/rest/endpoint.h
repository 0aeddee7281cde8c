// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_REST_ENDPOINT_H_
#define HILLOCK_SERVER_REST_ENDPOINT_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/core/base/clock.h"
#include "server/rest/exchange.h"
#include "server/scheduling/reactor.h"
#include "server/transport/memory.h"
#include "server/transport/net/byte_stream.h"

namespace hillock::rest {

class Connection;

// The Open Inference Protocol over HTTP/1.1, on the connections of one reactor. Requests come to
// the reactor's thread as those of gRPC do, and their rows share batches with those.
//
// Functions belong to the reactor's thread unless they say that they are thread-safe. Connections
// are destroyed in Flush() alone, when no source and no handler is running.
class Endpoint final : public scheduling::Network {
 public:
  static constexpr size_t kMaxConnections = 4096;

  // Gives a connection away, with what has been read of its next request, which is not for /v2.
  using GiveAway = std::function<void(std::unique_ptr<transport::ByteStream>, std::string)>;

  // All must outlive this. `router`: of the methods of gRPC, on this reactor.
  Endpoint(scheduling::Reactor& reactor, transport::Router& router, rpc::Worker& worker,
           transport::MemoryBudget& budget, size_t max_message_bytes);
  ~Endpoint() override;

  // What to do with connections that ask for other paths. REQUIRES: called before the reactor
  // starts.
  void GiveAwayTo(GiveAway give_away) { give_away_ = std::move(give_away); }

  // Serves a connection of which `bytes` have been read. Where there are too many, the one that has
  // been idle longest is closed. Thread-safe.
  void Adopt(std::unique_ptr<transport::ByteStream> stream, std::string bytes);

  // Has each connection close after the request at hand, or the next one if that comes at once.
  // Those that come later are refused with 503. Thread-safe.
  void Drain();

  // How many connections it has, those on their way here included, and how many of them wait for an
  // answer. Thread-safe.
  size_t connections() const { return count_.load(std::memory_order_relaxed); }
  size_t calls() const { return calls_.load(std::memory_order_relaxed); }

  void Flush() override;
  bool Work() override;
  void Tick() override;
  bool WantsTicks() const override { return connections() > 0; }

  // What connections use.
  const Services& services() const { return services_; }
  std::vector<char>& receive_buffer() { return receive_buffer_; }
  GiveAway& give_away() { return give_away_; }
  void MarkDirty(Connection& connection) { dirty_.push_back(&connection); }
  void AddUnread(Connection& connection) { unread_.push_back(&connection); }
  void Count(const Answer& answer) { cells_.CountRestAnswer(answer.code); }
  void NoteOver() { has_over_ = true; }
  void AddCall() { calls_.fetch_add(1, std::memory_order_relaxed); }
  void RemoveCall() { calls_.fetch_sub(1, std::memory_order_relaxed); }
  void AddInflating(std::shared_ptr<Exchange> exchange) {
    inflating_.push_back(std::move(exchange));
  }

 private:
  void Add(std::unique_ptr<transport::ByteStream> stream, std::string_view bytes);
  void Reap();

  transport::MemoryAccount account_;
  const Services services_;
  const Clock& clock_;
  metrics::ReactorCells& cells_;
  GiveAway give_away_;
  std::vector<char> receive_buffer_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> dirty_;     // to be flushed
  std::vector<Connection*> flushing_;  // the list that Flush() works on, for its memory
  std::vector<Connection*> unread_;    // that have read more than the request they have answered
  std::vector<std::shared_ptr<Exchange>> inflating_;
  bool has_over_ = false;  // a connection is, which Reap() is to destroy
  bool draining_ = false;
  std::atomic<size_t> count_{0};
  std::atomic<size_t> calls_{0};  // written by the reactor's thread alone
};

}  // namespace hillock::rest

#endif  // HILLOCK_SERVER_REST_ENDPOINT_H_
