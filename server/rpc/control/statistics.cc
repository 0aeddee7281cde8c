// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "server/core/repository/repository.h"
#include "server/lifecycle/served_model.h"

namespace hillock::rpc {
namespace {

constexpr Nanos kNanosPerMilli = 1'000'000;

// What one model version counted, over its shards.
struct Totals {
  uint64_t succeeded = 0;
  uint64_t failed = 0;
  uint64_t queue_nanos = 0;
  uint64_t compute_nanos = 0;
  uint64_t answer_nanos = 0;
  uint64_t failed_nanos = 0;
  uint64_t rows = 0;
  uint64_t batches = 0;
  Nanos last_batch = 0;
};

void Add(const metrics::ModelCells& shard, Totals& totals) {
  const auto ok = static_cast<size_t>(absl::StatusCode::kOk);
  for (size_t code = 0; code < metrics::kStatusCodes; ++code) {
    (code == ok ? totals.succeeded : totals.failed) += shard.requests[code].Get();
  }
  totals.queue_nanos += shard.nanos.queue.Get();
  totals.compute_nanos += shard.nanos.compute.Get();
  totals.answer_nanos += shard.nanos.answer.Get();
  totals.failed_nanos += shard.nanos.failed.Get();
  totals.rows += shard.rows.Get();
  totals.batches += shard.batch_rows.Count();
  totals.last_batch = std::max(totals.last_batch, shard.last_batch.Get());
}

void Set(uint64_t count, uint64_t nanos, inference::StatisticDuration& duration) {
  duration.set_count(count);
  duration.set_ns(nanos);
}

void Describe(const metrics::ModelMetrics& model, Nanos origin,
              inference::ModelStatistics& statistics) {
  Totals totals;
  for (const metrics::ModelCells& shard : model.shards) Add(shard, totals);
  statistics.set_name(model.model);
  statistics.set_version(model.version);
  if (totals.last_batch != 0) {
    statistics.set_last_inference(
        static_cast<uint64_t>((origin + totals.last_batch) / kNanosPerMilli));
  }
  statistics.set_inference_count(totals.rows);
  statistics.set_execution_count(totals.batches);
  auto& stages = *statistics.mutable_inference_stats();
  const uint64_t success_nanos = totals.queue_nanos + totals.compute_nanos + totals.answer_nanos;
  Set(totals.succeeded, success_nanos, *stages.mutable_success());
  Set(totals.failed, totals.failed_nanos, *stages.mutable_fail());
  Set(totals.succeeded, totals.queue_nanos, *stages.mutable_queue());
  Set(totals.succeeded, 0, *stages.mutable_compute_input());
  Set(totals.succeeded, totals.compute_nanos, *stages.mutable_compute_infer());
  Set(totals.succeeded, totals.answer_nanos, *stages.mutable_compute_output());
}

// The version that the request names; 0 when it names none.
absl::StatusOr<int64_t> VersionIn(const inference::ModelStatisticsRequest& request) {
  if (request.version().empty()) return 0;
  HILLOCK_ASSIGN_OR_RETURN(const int64_t version, repository::ParseVersion(request.version()));
  if (request.name().empty()) {
    return absl::InvalidArgumentError(
        fmt::format("got version {} without the name of a model", version));
  }
  return version;
}

absl::Status NotAvailable(std::string_view name, int64_t version) {
  return absl::InvalidArgumentError(
      fmt::format("requested model '{}'{} is not available", Excerpt(name),
                  version == 0 ? "" : fmt::format(" version {}", version)));
}

}  // namespace

absl::Status ListStatistics(const lifecycle::Catalog& catalog,
                            const inference::ModelStatisticsRequest& request, Nanos origin,
                            inference::ModelStatisticsResponse& response) {
  HILLOCK_ASSIGN_OR_RETURN(const int64_t version, VersionIn(request));
  for (const lifecycle::CatalogEntry& entry : catalog.entries()) {
    const bool named = request.name().empty() || entry.model == request.name();
    if (!named || !entry.served.ok() || (version != 0 && entry.version != version)) continue;
    Describe((*entry.served)->metrics(), origin, *response.add_model_stats());
  }
  if (response.model_stats().empty() && !request.name().empty()) {
    return NotAvailable(request.name(), version);
  }
  return absl::OkStatus();
}

}  // namespace hillock::rpc
