// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_LOAD_HTTP2_WORKER_H_
#define HILLOCK_CLIENT_LOAD_HTTP2_WORKER_H_

#include <atomic>
#include <chrono>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/load/connection.h"
#include "client/load/dialer.h"
#include "client/load/load_run.h"
#include "client/load/worker.h"
#include "server/transport/http2/client/client_connection.h"
#include "server/transport/net/event_loop.h"

namespace hillock::client {

// A worker with its own HTTP/2 client. One poll takes all answers that have arrived before the next
// requests leave, and those leave in one write for each connection, at most the plan's burst at a
// time. A request costs no allocation here.
//
// Requests that the server reports not to have looked at are repeated once, and those that never
// left whenever there is a connection, as gRPC's clients do. Requests that were open on a lost
// connection fail; the connection is made again, with growing pauses, while the run lasts.
//
// A slot is one of the plan's outstanding requests. It belongs to a lane, a connection:
//
//     idle --Send()--> in flight --answered, cancelled, failed--> idle     lane is up
//      |  ^                  |                                             --------------
//      |  | OnUp()           +--answered, cancelled, failed--+             lane is down
//      v  |                                                  v
//     parked (in the lane) <---------------------------------+
//
// Slots are made when there is something to send and no idle one, lanes taking turns.
class Http2Worker final : public LoadWorker {
 public:
  Http2Worker(const LoadPlan& plan, ThreadShare share);

  absl::Status Connect() override;
  size_t CountLost() override;
  LoadTally Run(std::chrono::nanoseconds duration) override;
  void Stop() override;

 private:
  struct Lane;
  struct Slot;
  using SlotList = std::list<Slot>;

  // One of the plan's outstanding requests.
  struct Slot : transport::ClientCall {
    Lane* lane = nullptr;
    SlotList::iterator self;  // in the list that it is in
    std::string_view message;
    Nanos intended = 0;
    Nanos deadline = kNoDeadline;
    bool repeated = false;
  };

  // A connection with its slots.
  struct Lane final : LoadConnection::Owner {
    explicit Lane(Http2Worker& of)
        : worker(of), connection(of.loop_, *of.method_, *of.dialer_, *this) {}

    void OnUp() override { worker.OnUp(*this); }
    void OnDown() override { worker.OnDown(*this); }
    void OnAnswer(transport::ClientCall& call, Nanos arrived) override {
      worker.OnAnswer(static_cast<Slot&>(call), arrived);
    }

    Http2Worker& worker;
    LoadConnection connection;
    size_t slots = 0;      // made so far, at most the plan's outstanding
    SlotList parked;       // its idle slots while it is down
    bool counted = false;  // in up_
    bool touched = false;  // in touched_
    size_t unflushed = 0;  // started since the last flush
  };

  void OnUp(Lane& lane);
  void OnDown(Lane& lane);
  void OnAnswer(Slot& slot, Nanos arrived);

  void SendDue(Nanos now);
  void Send(Slot& slot, Nanos intended, Nanos now);
  bool SendAgain(Slot& slot);
  void Complete(Slot& slot, absl::StatusCode code, std::string_view message, Nanos at);
  void Cancel(Slot& slot, absl::StatusCode code, std::string_view message, Nanos now);
  void CancelOverdue(Nanos now);

  void Touch(Lane& lane);
  void Flush();
  void Tidy(Nanos now);
  void Wait(Nanos now, Nanos until);
  Nanos NextEvent(Nanos now) const;

  bool AddSlot();
  void AddSlot(Lane& lane);

  const LoadPlan& plan_;
  const ThreadShare share_;
  std::vector<std::string> messages_;  // the requests as they leave
  RequestTurn turn_;
  transport::EventLoop loop_;
  std::optional<Dialer> dialer_;
  std::optional<transport::UnaryMethod> method_;
  std::deque<Lane> lanes_;
  size_t up_ = 0;         // lanes with a connection
  size_t next_lane_ = 0;  // to get a slot
  size_t room_ = 0;       // slots that lanes with a connection may still get
  bool has_replaced_ = false;
  SlotList idle_;       // of lanes that are up, the one that has been idle for longest first
  SlotList in_flight_;  // in the order of sending, so also of their deadlines
  std::vector<Lane*> touched_;
  std::string deadline_text_;

  std::optional<LoadRun> run_;  // the last
  std::atomic<bool> stop_ = false;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_HTTP2_WORKER_H_
