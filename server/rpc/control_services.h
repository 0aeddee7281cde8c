#ifndef HILLOCK_SERVER_RPC_CONTROL_SERVICES_H_
#define HILLOCK_SERVER_RPC_CONTROL_SERVICES_H_

#include <string>

#include "server/rpc/health_service.h"
#include "server/rpc/inference_service.h"
#include "server/rpc/reflection.h"
#include "server/rpc/server_state.h"
#include "server/rpc/worker.h"
#include "server/serving/catalog_holder.h"
#include "server/serving/model_control.h"

namespace hillock::rpc {

// What answers the control methods, once for the whole server: every method but ModelInfer and
// ModelStreamInfer. The workers run what takes too long for an event loop. They are two, so that
// descriptions do not wait behind a model that is being loaded. Thread-safe, apart from Stop().
struct ControlServices {
  // `catalogs`, `control` and `state` must outlive this, and this the event loops' calls.
  ControlServices(const serving::CatalogHolder& catalogs, serving::ModelControl& control,
                  const ServerState& state, std::string version);

  // Answers UNAVAILABLE to the calls that wait for a worker, and to all that would do so later.
  // Returns when the workers have finished the calls that they are at: those wait for ModelControl,
  // which is to be stopped first. REQUIRES: the event loops still exist.
  void Stop();

  InferenceService inference;
  const HealthService health;
  const Reflection reflection;
  Worker describe;  // models, and what they have counted
  Worker orders;    // the repository
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_CONTROL_SERVICES_H_
