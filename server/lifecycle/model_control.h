// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_LIFECYCLE_MODEL_CONTROL_H_
#define HILLOCK_SERVER_LIFECYCLE_MODEL_CONTROL_H_

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "server/core/base/mutex.h"
#include "server/core/base/status.h"
#include "server/lifecycle/control_mode.h"

namespace hillock::lifecycle {

class ModelManager;

// Runs a ModelManager on a background thread. The thread scans the repository every `poll_period`,
// does what callers ask for, one order after the other, and frees what is no longer used.
//
//   order:  queued --the thread takes it--> worked on --> done, its caller goes on
//              |                                           ^
//              +-------------- Stop(): UNAVAILABLE --------+
//
// LoadFirst() and AwaitModels() belong to whoever has the manager: the thread that calls Start(),
// before that, and `first` later. The rest is thread-safe but for Start() and Stop().
class ModelControl {
 public:
  // `manager` must outlive this, and is used by its thread alone between Start() and Stop().
  // `contended`: whether the threads that serve want every core. `on_error` gets the error when the
  // repository can no longer be listed. Both are called on the thread.
  ModelControl(ModelManager& manager, std::function<bool()> contended, ControlMode mode,
               absl::Duration poll_period, std::function<void(const absl::Status&)> on_error);
  ~ModelControl() { Stop(); }

  // Loads what the mode wants at first: everything, or, when callers decide, the models named, of
  // which "*" stands for all. A model that fails is in the catalog with its error. The error of a
  // repository that cannot be listed, NOT_FOUND for a model named and not there.
  absl::Status LoadFirst(const std::vector<std::string>& models);

  // Waits until the repository has models, at most so long or until Stop(). Files that appear while
  // it waits must be the same in two looks.
  void AwaitModels(absl::Duration patience);

  // Starts the thread, on which `first` runs before anything else.
  void Start(std::function<void()> first = [] {});

  // Finishes what it is doing, or gives it up where the manager's stop token says so. Calls that
  // wait for their turn answer UNAVAILABLE at once, and so do later ones. Does nothing the second
  // time.
  void Stop();

  // As ModelManager::Load() and Unload(), when callers decide; else UNAVAILABLE. Return when it is
  // done, and the new catalog is in force.
  absl::Status Load(const std::string& model);
  absl::Status Unload(const std::string& model);

  // Brings models that are not loaded into the catalog, when callers decide; else does nothing.
  absl::Status List();

 private:
  using Work = std::function<absl::Status()>;
  struct Order {
    const Work& work;
    absl::Status status;
    bool done = false;
  };

  absl::Status DoExplicitly(const Work& work);
  void Loop();
  void RefuseOrders() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Wait(absl::Time until) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Scan();
  void DoOrders() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  ModelManager& manager_;
  const std::function<bool()> contended_;
  const ControlMode mode_;
  const absl::Duration poll_period_;
  const std::function<void(const absl::Status&)> on_error_;
  Mutex mutex_;
  std::deque<Order*> orders_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status last_scan_;  // belongs to the thread
  std::thread thread_;
};

}  // namespace hillock::lifecycle

#endif  // HILLOCK_SERVER_LIFECYCLE_MODEL_CONTROL_H_
