// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/triton_names.h"

namespace hillock::metrics {
namespace {

constexpr double kMicros = 1e-3;  // of a nanosecond

double ValueOf(const Counter& counter) { return static_cast<double>(counter.Get()); }

double Failures(const ModelCells& cells) {
  double failures = 0;
  for (size_t code = 1; code < kStatusCodes; ++code) failures += ValueOf(cells.requests[code]);
  return failures;
}

struct TritonRow {
  const Family& family;
  double (*value)(const ModelCells& cells);
};

constexpr TritonRow kTritonRows[] = {
    {kTritonSuccess, [](const ModelCells& cells) { return ValueOf(cells.requests[0]); }},
    {kTritonFailure, Failures},
    {kTritonCount, [](const ModelCells& cells) { return ValueOf(cells.rows); }},
    {kTritonExecCount,
     [](const ModelCells& cells) { return static_cast<double>(cells.batch_rows.Count()); }},
    {kTritonRequestMicros,
     [](const ModelCells& cells) {
       const OutcomeNanos& nanos = cells.nanos;
       return (ValueOf(nanos.queue) + ValueOf(nanos.compute) + ValueOf(nanos.answer)) * kMicros;
     }},
    {kTritonQueueMicros,
     [](const ModelCells& cells) { return ValueOf(cells.nanos.queue) * kMicros; }},
    {kTritonInferMicros,
     [](const ModelCells& cells) { return ValueOf(cells.nanos.compute) * kMicros; }},
    {kTritonOutputMicros,
     [](const ModelCells& cells) { return ValueOf(cells.nanos.answer) * kMicros; }},
    {kTritonPending,
     [](const ModelCells& cells) { return static_cast<double>(cells.queue_rows.Get()); }},
};

}  // namespace

void ExposeTritonNames(Exposition& out, const Labels& labels, const ModelCells& total) {
  for (const TritonRow& row : kTritonRows) out.Number(row.family, labels, row.value(total));
}

}  // namespace hillock::metrics
