// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_CONTROL_STATISTICS_H_
#define HILLOCK_SERVER_RPC_CONTROL_STATISTICS_H_

#include "proto/inference.pb.h"
#include "server/core/base/clock.h"
#include "server/core/base/status.h"
#include "server/lifecycle/catalog.h"

namespace hillock::rpc {

// Adds what the model versions that `request` asks for have counted since they were loaded, by name
// and version. INVALID_ARGUMENT for a model or version that is not served, for a version that is no
// positive integer, and for one without a name.
//
// `origin`: where the clock of the reactors begins, in nanoseconds since the epoch.
//
// Thread-safe: it adds up cells while reactors write them. A request that is being counted may be
// in one number and not yet in another, but the relations that proto/inference.proto promises hold,
// and from one answer to the next no number goes back.
absl::Status ListStatistics(const lifecycle::Catalog& catalog,
                            const inference::ModelStatisticsRequest& request, Nanos origin,
                            inference::ModelStatisticsResponse& response);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_CONTROL_STATISTICS_H_
