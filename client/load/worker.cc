#include "client/load/worker.h"

#include "client/load/grpc_worker.h"
#include "client/load/http2_worker.h"

namespace hillock::client {

std::unique_ptr<LoadWorker> MakeLoadWorker(const LoadPlan& plan, ThreadShare share) {
  if (plan.burst == 1) return std::make_unique<GrpcLoadWorker>(plan, share);
  return std::make_unique<Http2LoadWorker>(plan, share);
}

}  // namespace hillock::client
