// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_REST_EXCHANGE_H_
#define HILLOCK_SERVER_REST_EXCHANGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "server/core/base/status.h"
#include "server/rest/answer.h"
#include "server/rest/infer_request.h"
#include "server/rest/routes.h"
#include "server/rpc/control/calls/worker.h"
#include "server/transport/buffer.h"
#include "server/transport/grpc/call.h"
#include "server/transport/grpc/compression.h"

namespace hillock::rest {

// What exchanges share with their endpoint. All outlive them.
struct Services {
  transport::EventLoop& loop;
  transport::Router& router;  // of the methods of gRPC
  rpc::Worker& worker;        // turns what is large from JSON and into it
  transport::MemoryAccount& account;
  size_t max_message_bytes;
};

// What a request's head says, as far as it matters later.
struct Request {
  const Route* route = nullptr;
  Names names;
  std::string authorization{};
  std::string traceparent{};
  std::optional<size_t> json_length{};  // Inference-Header-Content-Length
  transport::Encoding encoding = transport::Encoding::kIdentity;
  bool accepts_gzip = false;
};

// One request and its answer. To the method that it is for it is a call of gRPC: it gives it the
// message that says what the request says, and takes the message of the answer. So access,
// admission, batching and counting are those of gRPC.
//
//     Open() --Take()--> [inflating] --> message made --> the handler has the message
//       | refused         Inflate()      here, or on        | Finish()
//       |                                the worker         v
//       +------------------------------------------------> answer made --> ready
//                                                          here, or on the worker
//
// The call is opened as soon as the head is there, so that who may not call sends no body.
//
// Large pieces go to the worker, so that no other client of the loop waits for them. While the
// worker has the exchange, the loop touches nothing of it but `owner_`. Buffers are charged to the
// loop's account, so they are freed on the loop; what the worker makes is charged when it comes
// back.
//
// Abandon() may come at any time: then whoever has the exchange lets go of it when it is done.
// Belongs to the loop's thread.
class Exchange final : public transport::Call,
                       public rpc::Worker::Task,
                       public std::enable_shared_from_this<Exchange> {
 public:
  // Hears that something has changed: the exchange wants Advance(), or is ready.
  class Owner {
   public:
    virtual void OnProgress() = 0;

   protected:
    ~Owner() = default;
  };

  // `owner` and `peer` must live until Abandon().
  Exchange(const Services& services, Owner& owner, transport::Peer& peer, Request request)
      : services_(services), owner_(&owner), peer_(peer), request_(std::move(request)) {}

  // Called once, first. Afterwards it is finished() if the call was refused.
  void Open();
  bool finished() const { return finished_; }

  // The body is `length` bytes of `bytes` from `offset` on. `now` is when it had come. Does nothing
  // if the call is finished.
  void Take(transport::Buffer bytes, size_t offset, size_t length, Nanos now);

  // The body is no body.
  void Break(const absl::Status& status);

  // Decompresses a part of the body. REQUIRES: inflates().
  bool inflates() const { return inflater_.has_value(); }
  void Inflate();

  // Goes on after the call's end. To be called where a handler may be told that it is closed.
  void Advance();

  // Nobody wants the answer any more.
  void Abandon();

  bool ready() const { return ready_; }
  Answer& answer() { return answer_; }

  transport::EventLoop& loop() override { return services_.loop; }
  transport::Peer& peer() override { return peer_; }
  std::string_view path() const override { return request_.route->rpc; }
  Nanos deadline() const override { return deadline_; }
  std::string_view metadata(std::string_view name) const override;
  transport::Metadata AllMetadata() const override { return {}; }
  transport::Buffer NewBuffer() override { return transport::Buffer(services_.account); }
  void AddInitialMetadata(std::string, std::string) override {}
  void Send(transport::Buffer message, bool compress) override;
  void Finish(const absl::Status& status, transport::Metadata trailers) override;
  void SetPaused(bool) override {}
  size_t unsent_bytes() const override { return response_.size(); }

 private:
  enum class Step : uint8_t { kMessage, kAnswer };  // that the worker may do

  void Run() override;
  void Drop() override;
  void Post();
  void ComeBack();

  std::string_view body() const { return bytes_.view().substr(offset_, length_); }
  void Do(Step step, size_t bytes, size_t inline_bytes);
  absl::Status Run(Step step);
  void Done(const absl::Status& status);
  absl::Status MakeMessage(transport::Buffer& message);
  absl::Status MakeInferMessage(transport::Buffer& message);
  absl::Status ChargeMessage();
  void Deliver();
  void Conclude();
  absl::Status MakeAnswer();
  void Compress();
  void SetReady();

  const Services& services_;
  Owner* owner_;  // none once abandoned
  transport::Peer& peer_;
  const Request request_;
  transport::Buffer bytes_;
  size_t offset_ = 0;  // of the body in bytes_
  size_t length_ = 0;
  std::optional<transport::Inflater> inflater_;
  Nanos arrived_ = 0;
  std::optional<Nanos> timeout_;
  Nanos deadline_ = kNoDeadline;
  BinaryOutputs binary_outputs_;
  transport::Buffer message_;
  transport::Handler* handler_ = nullptr;  // while the call is open
  transport::Buffer response_;
  bool finished_ = false;   // the call is
  bool concluded_ = false;  // and its answer is made, or has begun to be
  absl::Status status_;     // of the call
  Step step_ = Step::kMessage;
  bool with_worker_ = false;
  absl::Status worked_;  // what became of the step that the worker did
  Answer answer_;
  bool ready_ = false;
};

}  // namespace hillock::rest

#endif  // HILLOCK_SERVER_REST_EXCHANGE_H_
