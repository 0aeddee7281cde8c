// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_INFERENCE_INFER_JOB_H_
#define HILLOCK_SERVER_RPC_INFERENCE_INFER_JOB_H_

#include <string_view>

#include "server/core/base/status.h"
#include "server/rpc/inference/request_log.h"
#include "server/rpc/messages/codec.h"
#include "server/rpc/messages/request_view.h"
#include "server/rpc/messages/response_writer.h"
#include "server/rpc/messages/scratch_floats.h"
#include "server/scheduling/batcher.h"
#include "server/scheduling/reactor.h"
#include "server/transport/buffer.h"

namespace hillock::rpc {

// What the inference calls of a reactor share. All must outlive them.
struct InferContext {
  scheduling::Reactor& reactor;
  Limits limits = {};
  RequestLog* log = nullptr;  // none: nothing is logged
};

// One request, whichever call it came in: read, decoded, batched, answered, counted with its code.
// The call gives the bytes and sends the answer. Used again and again; belongs to its reactor's
// thread.
class InferJob : private scheduling::Completion {
 public:
  explicit InferJob(const InferContext& context) : context_(context) {}
  virtual ~InferJob() = default;
  InferJob(const InferJob&) = delete;
  InferJob& operator=(const InferJob&) = delete;

  // Reads the request and adds it to the batch, or refuses it. Either way Answer() is called once,
  // maybe before this returns. `answer` is empty, and where the answer will be.
  void Serve(transport::Buffer request, AnswerKind kind, Nanos wanted_by, transport::Buffer answer);

  // Answers and counts a request that could not even be read.
  void Refuse(const absl::Status& status);

  // Nobody wants the answer any more. REQUIRES: Answer() has not been called.
  void Abandon() { context_.reactor.batcher().Abandon(job_); }

  // Bytes that the request and its answer hold.
  size_t held_bytes() const {
    return request_.allocated() + gathered_.allocated() + writer_.allocated() + answer_.allocated();
  }

 protected:
  // The answer is complete, or `status` says why there is none. May destroy this.
  virtual void Answer(const absl::Status& status) = 0;

  // The value of the call's metadata `name`; empty once the call is over. Valid until the next
  // function.
  virtual std::string_view MetadataOf(std::string_view name) const = 0;

  // What was read of the request, valid until ReleaseRequest().
  const RequestView& view() const { return view_; }
  void ReleaseRequest();

  // Where the answer is; it may be taken.
  transport::Buffer& answer() { return answer_; }

 private:
  void Begin(Nanos wanted_by);
  absl::Status Admit(AnswerKind kind);
  absl::Status Route();
  void Done(const absl::Status& status, Nanos computed) final;
  void Count(const absl::Status& status, Nanos computed, Nanos now);
  void OfferAsExemplar(metrics::Exemplars& exemplars, Nanos now) const;
  void Log(const absl::Status& status, Nanos computed, Nanos now) const;

  const InferContext context_;
  scheduling::Job job_{*this};                    // its request has no model until it is routed
  lifecycle::CatalogReader::Pin* pin_ = nullptr;  // keeps the model
  transport::Buffer request_;
  transport::Buffer answer_;
  RequestView view_;
  ResponseWriter writer_;
  ScratchFloats gathered_;  // rows that are not in the request as they are
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_INFERENCE_INFER_JOB_H_
