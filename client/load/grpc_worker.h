// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_LOAD_GRPC_WORKER_H_
#define HILLOCK_CLIENT_LOAD_GRPC_WORKER_H_

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "client/load/grpc_channels.h"
#include "client/load/load_run.h"
#include "client/load/worker.h"

namespace hillock::client {

// A worker that sends as ordinary clients do: with gRPC's C++ client, a completion queue, and calls
// that are made once and used again. A request costs what gRPC's client costs: this code adds no
// lock and no allocation.
class GrpcWorker final : public LoadWorker {
 public:
  GrpcWorker(const LoadPlan& plan, ThreadShare share);
  ~GrpcWorker() override;

  absl::Status Connect() override;
  size_t CountLost() override;
  LoadTally Run(std::chrono::nanoseconds duration) override;
  void Stop() override { stop_.store(true); }

 private:
  struct Call {
    GrpcChannel* connection = nullptr;
    std::optional<grpc::ClientContext> context;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;  // within context's call
    grpc::ByteBuffer response;
    grpc::Status status;
    size_t request = 0;  // its position in the plan
    Nanos intended = 0;
    bool in_flight = false;
    Call* next_free = nullptr;
  };

  void SendDue(Nanos now);
  void Send(Call& call, Nanos intended);
  void Complete(Call& call, Nanos now);
  void CheckAnswer(Call& call) const;
  void CancelAll();

  bool Step(Nanos now);

  size_t MostCalls() const;

  // The call that has been free for longest, or a new one; null when all are in flight.
  Call* FreeCall();
  void Free(Call& call);

  const LoadPlan& plan_;
  const ThreadShare share_;
  std::vector<grpc::ByteBuffer> requests_;
  RequestTurn turn_;
  std::vector<GrpcChannel> connections_;
  grpc::CompletionQueue queue_;
  std::deque<Call> calls_;
  Call* first_free_ = nullptr;
  Call* last_free_ = nullptr;
  size_t in_flight_ = 0;
  std::atomic<bool> stop_ = false;

  std::optional<LoadRun> run_;  // the last
  bool cancelled_ = false;      // its requests that were open when it gave up
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_GRPC_WORKER_H_
