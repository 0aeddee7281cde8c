// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_LOAD_STREAM_WORKER_H_
#define HILLOCK_CLIENT_LOAD_STREAM_WORKER_H_

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

// A worker whose connections each carry one ModelStreamInfer call, through gRPC's C++ client. The
// server answers a stream's requests in their order, so the oldest is the one that is answered.
// An answer that reports an error counts as UNKNOWN, as it has no code. A stream that ends fails
// what is open on it, and is opened again while the run lasts.
//
//     closed --Open()--> opening --kOpened--> up --kRead failed--> ending --kEnded--> closed
//        ^                  |                                         ^
//        |                  +--kOpened failed-------------------------+
//        +-- only when no write is under way, as its event is still to come
class StreamWorker final : public LoadWorker {
 public:
  StreamWorker(const LoadPlan& plan, ThreadShare share);
  ~StreamWorker() override;

  absl::Status Connect() override;
  size_t CountLost() override;
  LoadTally Run(std::chrono::nanoseconds duration) override;
  void Stop() override { stop_.store(true); }

 private:
  enum class State { kClosed, kOpening, kUp, kEnding, kEnded };
  enum class Event { kOpened, kRead, kWritten, kEnded };
  struct Stream;

  // What the queue returns.
  struct Tag {
    Stream* stream = nullptr;
    Event event = Event::kOpened;
  };

  struct Request {
    size_t index = 0;  // its position in the plan
    Nanos intended = 0;
  };

  struct Stream {
    grpc::GenericStub* stub = nullptr;
    std::optional<grpc::ClientContext> context;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call;  // within context's call
    State state = State::kClosed;
    bool writing = false;
    Nanos next_attempt = 0;
    std::deque<Request> open;  // the oldest first
    size_t unwritten = 0;      // so many of them, the last
    grpc::ByteBuffer answer;
    grpc::Status status;
    Tag opened, read, written, ended;
  };

  bool Step(Nanos now);
  void Open(Stream& stream);
  void OpenClosed(Nanos now);
  void SendDue(Nanos now);
  void WriteNext(Stream& stream);

  // The next stream that takes a request, or null.
  Stream* NextWithRoom();

  void Handle(const Tag& tag, bool ok, Nanos now);
  void OnAnswer(Stream& stream, Nanos now);
  void End(Stream& stream);
  void CloseIfEnded(Stream& stream, Nanos now);
  void Record(Nanos intended, absl::StatusCode code, std::string_view message, Nanos now);
  void CancelAll();

  const LoadPlan& plan_;
  const ThreadShare share_;
  std::vector<grpc::ByteBuffer> requests_;
  RequestTurn turn_;
  std::vector<GrpcChannel> channels_;
  grpc::CompletionQueue queue_;
  std::deque<Stream> streams_;
  size_t next_stream_ = 0;
  size_t open_ = 0;  // requests
  std::atomic<bool> stop_ = false;

  std::optional<LoadRun> run_;  // the last
  bool cancelled_ = false;      // its requests that were open when it gave up
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_STREAM_WORKER_H_
