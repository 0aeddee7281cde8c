// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_CONTROL_CONTROL_SERVICES_H_
#define HILLOCK_SERVER_RPC_CONTROL_CONTROL_SERVICES_H_

#include <string>

#include "server/lifecycle/catalog_holder.h"
#include "server/lifecycle/model_control.h"
#include "server/lifecycle/readiness.h"
#include "server/rpc/control/calls/worker.h"
#include "server/rpc/control/health_service.h"
#include "server/rpc/control/inference_service.h"
#include "server/rpc/control/reflection.h"

namespace hillock::rpc {

// What answers the control methods, once for the whole server: every method but ModelInfer and
// ModelStreamInfer. The workers run what takes too long for an event loop. They are two, so that
// descriptions do not wait for a model that is being loaded. Stop() is for one thread; the rest is
// thread-safe.
struct ControlServices {
  // `catalogs`, `control` and `readiness` must outlive this, and this the event loops' calls.
  ControlServices(const lifecycle::CatalogHolder& catalogs, lifecycle::ModelControl& control,
                  const lifecycle::Readiness& readiness, std::string version);

  // Answers UNAVAILABLE to the calls that wait for a worker, and to all that would do so later.
  // Returns when the workers have finished their current calls: those wait for ModelControl, which
  // is to be stopped first. REQUIRES: the event loops still exist.
  void Stop();

  InferenceService inference;
  const HealthService health;
  const Reflection reflection;
  Worker describe;  // models, and what they have counted
  Worker orders;    // the repository
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_CONTROL_CONTROL_SERVICES_H_
