#ifndef HILLOCK_CLIENT_LOAD_WORKER_H_
#define HILLOCK_CLIENT_LOAD_WORKER_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "client/load_plan.h"
#include "client/load_tally.h"
#include "client/schedule.h"
#include "client/send_burst.h"

namespace hillock::client {

// The part of a load that one thread drives: its connections, its completion queue and its calls,
// which are made once and used again. A request costs what gRPC's client costs; nothing here locks
// or allocates for it.
//
// Thread-safety: answered() may be read from any thread, the rest is one thread's at a time.
class LoadWorker {
 public:
  // Takes every `share.count`-th connection of the plan, which must outlive this.
  LoadWorker(const LoadPlan& plan, ThreadShare share);
  ~LoadWorker();
  LoadWorker(const LoadWorker&) = delete;
  LoadWorker& operator=(const LoadWorker&) = delete;

  // Connects every channel. Whether all were connected within the plan's patience. No other
  // thread may connect anything meanwhile.
  bool Connect();

  // Channels that have no connection now.
  size_t CountLost();

  // Sends what is due from now until `duration` later, at least what is due at once, and waits for
  // the answers.
  LoadTally Run(std::chrono::nanoseconds duration);

  // Requests that have ended since the beginning.
  uint64_t answered() const { return answered_.load(std::memory_order_relaxed); }

 private:
  struct Connection {
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<grpc::GenericStub> stub;
  };

  struct Call {
    Connection* connection = nullptr;
    std::optional<grpc::ClientContext> context;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;  // within context's call
    grpc::ByteBuffer response;
    grpc::Status status;
    Nanos intended = 0;
    bool in_flight = false;
    Call* next_free = nullptr;
  };

  void SendDue(Schedule& schedule, Nanos now);
  void Send(Call& call, Nanos intended);
  void Complete(Call& call, Nanos now, bool in_time);
  void CancelAll();

  // The next call to end, or null when none did until then.
  Call* Next(Nanos now, Nanos until);
  Call* Wait(Nanos now, Nanos until);
  Call* Take(gpr_timespec deadline);

  size_t MostCalls() const;

  // The call that has been free for longest, or a new one; null when all are in flight.
  Call* FreeCall();
  void Free(Call& call);

  const LoadPlan& plan_;
  const ThreadShare share_;
  std::vector<grpc::ByteBuffer> requests_;
  size_t next_request_ = 0;
  std::vector<Connection> connections_;
  SendBurst burst_;
  grpc::CompletionQueue queue_;
  std::deque<Call> calls_;
  Call* first_free_ = nullptr;
  Call* last_free_ = nullptr;
  size_t in_flight_ = 0;
  LoadTally tally_;
  std::atomic<uint64_t> answered_ = 0;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_WORKER_H_
