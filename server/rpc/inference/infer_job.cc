#include "server/rpc/inference/infer_job.h"

#include <cstdint>
#include <utility>

namespace hillock::rpc {
namespace {

constexpr size_t kLarge = 16 << 10;  // bytes of a request

constexpr size_t kKeptFloats = 4096;

}  // namespace

void InferJob::Serve(transport::Buffer request, AnswerKind kind, Nanos wanted_by,
                     transport::Buffer answer) {
  request_ = std::move(request);
  answer_ = std::move(answer);
  arrived = reactor_.loop().woke_at();
  deadline = wanted_by;
  model = nullptr;
  const absl::Status status = Admit(kind);
  if (!status.ok()) Done(status);
}

void InferJob::Refuse(const absl::Status& status) {
  arrived = reactor_.loop().woke_at();
  model = nullptr;
  Done(status);
}

// A large request that the queue has no room for is refused before its numbers are looked at.
absl::Status InferJob::Admit(AnswerKind kind) {
  HILLOCK_RETURN_IF_ERROR(view_.Read(request_.view()));
  HILLOCK_RETURN_IF_ERROR(Route());
  HILLOCK_ASSIGN_OR_RETURN(InferView view, DecodeShape(view_, *model, limits_));
  rows = view.rows;
  if (request_.size() >= kLarge) HILLOCK_RETURN_IF_ERROR(reactor_.batcher().CheckRoom(*this));
  HILLOCK_RETURN_IF_ERROR(DecodeContents(view_, *model, gathered_, view));
  input = view.input;
  outputs = writer_.Begin(view_, *model, view, kind, answer_);
  return reactor_.batcher().Add(*this);
}

void InferJob::ReleaseRequest() {
  request_.Free();
  if (gathered_.capacity() > kKeptFloats) std::vector<float>().swap(gathered_);
}

absl::Status InferJob::Route() {
  lifecycle::CatalogReader& catalogs = reactor_.catalogs();
  HILLOCK_ASSIGN_OR_RETURN(model, catalogs.Current().Find(view_.model_name, view_.model_version));
  pin_ = catalogs.Hold();
  return absl::OkStatus();
}

void InferJob::Done(const absl::Status& status) {
  const absl::Status result = status.ok() ? writer_.End() : status;
  Count(result);
  if (pin_ != nullptr) reactor_.catalogs().Release(std::exchange(pin_, nullptr));
  Answer(result);
}

void InferJob::Count(const absl::Status& status) {
  const auto code = static_cast<size_t>(status.code());
  if (model == nullptr) return reactor_.cells().unrouted[code].Add(1);
  metrics::ModelCells& cells = model->cells(reactor_.index());
  cells.requests[code].Add(1);
  const Nanos now = reactor_.clock().Now();
  cells.total_nanos.Observe(static_cast<uint64_t>(now - arrived));
  if (status.ok()) {
    cells.nanos.answer.Add(static_cast<uint64_t>(now - computed()));
  } else {
    cells.nanos.failed.Add(static_cast<uint64_t>(now - arrived));
  }
}

}  // namespace hillock::rpc
