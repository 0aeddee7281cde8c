#ifndef HILLOCK_SERVER_RPC_INFER_JOB_H_
#define HILLOCK_SERVER_RPC_INFER_JOB_H_

#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <cstddef>

#include "proto/inference.pb.h"
#include "server/base/status.h"
#include "server/rpc/codec.h"
#include "server/serving/batcher.h"
#include "server/serving/reactor.h"

namespace hillock::rpc {

// One request, whichever call it came in: read, decoded, batched, counted with its code. The call
// gives the messages and sends the answer. Used again and again; belongs to its reactor's thread.
//
// A larger request is refused by a glance where that tells enough: before its contents are copied.
class InferJob : public serving::Job {
 public:
  // `reactor` must outlive this.
  InferJob(serving::Reactor& reactor, const Limits& limits) : reactor_(reactor), limits_(limits) {}

  // Reads the request from its bytes, which are freed, and adds it to the batch or refuses it.
  // Either way Answer() is called once, maybe before this returns. `response` must be empty; both
  // messages must live, untouched, until Answer(). `request` lacks its contents then when a glance
  // was enough, and may hold anything when the bytes are no request.
  void Serve(grpc::ByteBuffer& bytes, std::chrono::system_clock::time_point wanted_by,
             inference::ModelInferRequest& request, inference::ModelInferResponse& response);

  void Done(const absl::Status& status) final;

  // What the floats of the answer take; 0 when the request was refused.
  size_t answer_bytes() const { return answer_bytes_; }

 protected:
  // `response` is complete, or `status` says why there is no answer, and then `response` may hold
  // anything. May destroy this.
  virtual void Answer(const absl::Status& status) = 0;

 private:
  absl::Status Admit(grpc::ByteBuffer& bytes, inference::ModelInferRequest& request,
                     inference::ModelInferResponse& response);
  absl::Status CheckGlance(const inference::ModelInferRequest& request);
  absl::Status Route(const inference::ModelInferRequest& request);
  void Count(const absl::Status& status);

  serving::Reactor& reactor_;
  const Limits limits_;
  serving::CatalogReader::Pin* pin_ = nullptr;  // keeps the model
  ResponseEncoder encoder_;
  size_t answer_bytes_ = 0;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_INFER_JOB_H_
