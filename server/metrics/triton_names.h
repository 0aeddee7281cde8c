// SPDX-License-Identifier: Apache-2.0

// Some of what the cells of a model version count, under Triton's names and in its units, for
// dashboards and autoscalers that were made for Triton. Rows and batches are its inferences and
// executions.

#ifndef HILLOCK_SERVER_METRICS_TRITON_NAMES_H_
#define HILLOCK_SERVER_METRICS_TRITON_NAMES_H_

#include "server/metrics/exposition.h"
#include "server/metrics/model_metrics.h"

namespace hillock::metrics {

// Every family once, also where it is 0. `total`: all cells of a version. `labels`: its model and
// version.
void ExposeTritonNames(Exposition& out, const Labels& labels, const ModelCells& total);

}  // namespace hillock::metrics

#endif  // HILLOCK_SERVER_METRICS_TRITON_NAMES_H_
