// SPDX-License-Identifier: Apache-2.0
#include "server/lifecycle/model_control.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "server/core/base/background_thread.h"
#include "server/lifecycle/model_manager.h"
#include "server/lifecycle/stopping.h"

namespace hillock::lifecycle {
namespace {

// How soon memory that is no longer used is given back.
constexpr absl::Duration kSweepPeriod = absl::Milliseconds(20);

// How often a repository that is waited for is looked at.
constexpr absl::Duration kLookPeriod = absl::Milliseconds(500);

constexpr char kEveryModel[] = "*";

}  // namespace

ModelControl::ModelControl(ModelManager& manager, std::function<bool()> contended, ControlMode mode,
                           absl::Duration poll_period,
                           std::function<void(const absl::Status&)> on_error)
    : manager_(manager),
      contended_(std::move(contended)),
      mode_(mode),
      poll_period_(poll_period),
      on_error_(std::move(on_error)) {}

void ModelControl::Start(std::function<void()> first) {
  thread_ = std::thread([this, first = std::move(first)] {
    MarkBackgroundThread(contended_);
    first();
    Loop();
  });
}

absl::Status ModelControl::LoadFirst(const std::vector<std::string>& models) {
  const bool every = std::ranges::find(models, kEveryModel) != models.end();
  if (mode_ != ControlMode::kExplicit || every) return manager_.LoadAll();
  HILLOCK_RETURN_IF_ERROR(manager_.List());
  for (const std::string& model : models) {
    const absl::Status status = manager_.Load(model);
    if (absl::IsNotFound(status)) return status;
  }
  return absl::OkStatus();
}

void ModelControl::AwaitModels(absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  while (!manager_.IsSettled() && absl::Now() < deadline) {
    const MutexLock lock(mutex_);
    mutex_.AwaitUntil(std::min(deadline, absl::Now() + kLookPeriod),
                      [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_; });
    if (stopping_) return;
  }
}

void ModelControl::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    RefuseOrders();
    mutex_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

// All but the one that the thread is at: that is done, or given up by the manager's stop token.
void ModelControl::RefuseOrders() {
  for (Order* order : orders_) {
    order->status = StoppingError();
    order->done = true;
  }
  orders_.clear();
}

absl::Status ModelControl::Load(const std::string& model) {
  return DoExplicitly([this, &model] { return manager_.Load(model); });
}

absl::Status ModelControl::Unload(const std::string& model) {
  return DoExplicitly([this, &model] { return manager_.Unload(model); });
}

absl::Status ModelControl::List() {
  if (mode_ != ControlMode::kExplicit) return absl::OkStatus();
  return DoExplicitly([this] { return manager_.List(); });
}

absl::Status ModelControl::DoExplicitly(const Work& work) {
  if (mode_ != ControlMode::kExplicit) {
    return absl::UnavailableError(
        mode_ == ControlMode::kPoll
            ? "explicit model load / unload is not allowed if polling is enabled"
            : "explicit model load / unload is not allowed: model control is off");
  }
  Order order{work, absl::OkStatus()};
  const MutexLock lock(mutex_);
  if (stopping_) return StoppingError();
  orders_.push_back(&order);
  mutex_.NotifyAll();
  mutex_.Await([&order] { return order.done; });
  return order.status;
}

// Orders come before the scan that is due, since somebody waits for them. The mutex is held except
// while the manager works, and the manager is used by this thread alone, so it needs no lock. The
// period counts from the end of a scan: a slow repository is not scanned without a break.
void ModelControl::Loop() {
  absl::Time next_scan = absl::Now() + poll_period_;
  const MutexLock lock(mutex_);
  for (;;) {
    const absl::Time next_sweep =
        manager_.Sweep() ? absl::Now() + kSweepPeriod : absl::InfiniteFuture();
    const absl::Time until =
        mode_ == ControlMode::kPoll ? std::min(next_scan, next_sweep) : next_sweep;
    if (!Wait(until)) return;
    DoOrders();
    if (mode_ != ControlMode::kPoll || absl::Now() < next_scan) continue;
    mutex_.Unlock();
    Scan();
    next_scan = absl::Now() + poll_period_;
    mutex_.Lock();
  }
}

// An error is reported when it is another one than at the last scan.
void ModelControl::Scan() {
  absl::Status status = manager_.Follow();
  if (!status.ok() && status != last_scan_ && !manager_.stopping()) on_error_(status);
  last_scan_ = std::move(status);
}

// False when it is time to stop.
bool ModelControl::Wait(absl::Time until) {
  const auto wanted = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !orders_.empty();
  };
  mutex_.AwaitUntil(until, wanted);
  return !stopping_;
}

// The order is on its caller's stack, which is kept by `done`: it is set last, under the mutex, and
// nothing of the order is touched after that.
void ModelControl::DoOrders() {
  while (!orders_.empty()) {
    Order& order = *orders_.front();
    orders_.pop_front();
    mutex_.Unlock();
    order.status = order.work();
    mutex_.Lock();
    order.done = true;
    mutex_.NotifyAll();
  }
}

}  // namespace hillock::lifecycle
