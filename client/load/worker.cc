// SPDX-License-Identifier: Apache-2.0
#include "client/load/worker.h"

#include "client/load/grpc_worker.h"
#include "client/load/http2_worker.h"
#include "client/load/stream_worker.h"

namespace hillock::client {

std::unique_ptr<LoadWorker> MakeLoadWorker(const LoadPlan& plan, ThreadShare share) {
  if (plan.stream) return std::make_unique<StreamWorker>(plan, share);
  if (plan.burst == 1) return std::make_unique<GrpcWorker>(plan, share);
  return std::make_unique<Http2Worker>(plan, share);
}

}  // namespace hillock::client
