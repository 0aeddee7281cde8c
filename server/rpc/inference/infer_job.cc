// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/inference/infer_job.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "server/lifecycle/served_model.h"
#include "server/rpc/inference/trace_id.h"

namespace hillock::rpc {
namespace {

constexpr size_t kLarge = 16 << 10;  // bytes of a request

// So that a caller with many requests on the way can tell of which this is, as Triton has it.
absl::Status WithId(const absl::Status& status, std::string_view id) {
  if (status.ok() || id.empty()) return status;
  absl::Status named(status.code(), fmt::format("[request id: {}] {}", Excerpt(id),
                                                std::string(status.message())));
  status.ForEachPayload(
      [&](absl::string_view url, const absl::Cord& payload) { named.SetPayload(url, payload); });
  return named;
}

}  // namespace

void InferJob::Serve(transport::Buffer request, AnswerKind kind, Nanos wanted_by,
                     transport::Buffer answer) {
  request_ = std::move(request);
  answer_ = std::move(answer);
  gathered_.ChargeAs(answer_);
  Begin(wanted_by);
  const absl::Status status = Admit(kind);
  if (!status.ok()) Done(status, /*computed=*/0);
}

void InferJob::Refuse(const absl::Status& status) {
  Begin(kNoDeadline);
  Done(status, /*computed=*/0);
}

// All that one poll brought has arrived at the same time, so that no request of a batch seems to
// have waited for the decoding of another.
void InferJob::Begin(Nanos wanted_by) {
  view_.id = view_.model_name = {};  // those of the request before
  job_.request.arrived = context_.reactor.loop().woke_at();
  job_.request.deadline = wanted_by;
  job_.request.model = nullptr;
  job_.request.rows = 0;
}

// A large request that the queue has no room for is refused before its numbers are looked at, so
// that an overloaded server does not spend its time on checking what it refuses. For a small one
// Add() asks soon enough.
absl::Status InferJob::Admit(AnswerKind kind) {
  HILLOCK_RETURN_IF_ERROR(view_.Read(request_.view()));
  HILLOCK_RETURN_IF_ERROR(Route());
  scheduling::JobRequest& job = job_.request;
  HILLOCK_ASSIGN_OR_RETURN(InferView view, DecodeShape(view_, *job.model, context_.limits));
  job.rows = view.rows;
  if (request_.size() >= kLarge) HILLOCK_RETURN_IF_ERROR(context_.reactor.batcher().CheckRoom(job));
  HILLOCK_RETURN_IF_ERROR(DecodeContents(view_, *job.model, context_.limits, gathered_, view));
  job.input = view.input;
  job.outputs = writer_.Begin(view_, *job.model, view, kind, answer_);
  return context_.reactor.batcher().Add(job_);
}

void InferJob::ReleaseRequest() {
  request_.Free();
  gathered_.Release();
  writer_.Release();
}

// From here on the pin keeps the model, until Done().
absl::Status InferJob::Route() {
  lifecycle::CatalogReader& catalogs = context_.reactor.catalogs();
  HILLOCK_ASSIGN_OR_RETURN(job_.request.model,
                           catalogs.Current().Find(view_.model_name, view_.model_version));
  pin_ = catalogs.Hold();
  return absl::OkStatus();
}

// The model may go with the pin, so its cells are written before; Answer() comes last, as it may
// destroy this.
void InferJob::Done(const absl::Status& status, Nanos computed) {
  const absl::Status result = status.ok() ? writer_.End() : status;
  const Nanos now = context_.reactor.clock().Now();
  Count(result, computed, now);
  if (context_.log != nullptr && context_.log->Chooses(result, now)) Log(result, computed, now);
  if (pin_ != nullptr) context_.reactor.catalogs().Release(std::exchange(pin_, nullptr));
  Answer(WithId(result, view_.id));
}

void InferJob::Count(const absl::Status& status, Nanos computed, Nanos now) {
  lifecycle::ServedModel* const model = job_.request.model;
  const Nanos arrived = job_.request.arrived;
  const auto code = static_cast<size_t>(status.code());
  if (model == nullptr) return context_.reactor.cells().unrouted[code].Add(1);
  metrics::ModelCells& cells = model->cells(context_.reactor.index());
  cells.requests[code].Add(1);
  cells.request_bytes.Add(request_.size());
  cells.total_nanos.Observe(static_cast<uint64_t>(now - arrived));
  OfferAsExemplar(model->exemplars(context_.reactor.index()), now);
  if (status.ok()) {
    cells.answer_bytes.Add(answer_.size());
    cells.nanos.answer.Add(static_cast<uint64_t>(now - computed));
  } else {
    cells.nanos.failed.Add(static_cast<uint64_t>(now - arrived));
  }
}

void InferJob::OfferAsExemplar(metrics::Exemplars& exemplars, Nanos now) const {
  const auto nanos = static_cast<uint64_t>(now - job_.request.arrived);
  if (!exemplars.Wants(nanos, now)) return;
  if (!view_.id.empty()) return exemplars.Offer(nanos, now, "request_id", view_.id);
  const std::string_view trace_id = TraceIdOf(MetadataOf("traceparent"));
  if (trace_id.empty()) return exemplars.Skip(nanos, now);
  exemplars.Offer(nanos, now, "trace_id", trace_id);
}

// Before the pin goes, as the model may go with it.
void InferJob::Log(const absl::Status& status, Nanos computed, Nanos now) const {
  const scheduling::JobRequest& job = job_.request;
  RequestRecord record{.model = view_.model_name,
                       .version = job.model == nullptr ? 0 : job.model->version(),
                       .rows = job.rows,
                       .status = status,
                       .total = now - job.arrived,
                       .id = view_.id,
                       .trace_id = TraceIdOf(MetadataOf("traceparent"))};
  if (status.ok()) {
    record.queue = job_.progress.started() - job.arrived;
    record.compute = computed - job_.progress.started();
  }
  context_.log->Log(record);
}

}  // namespace hillock::rpc
