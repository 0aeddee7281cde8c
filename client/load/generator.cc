// SPDX-License-Identifier: Apache-2.0
#include "client/load/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <utility>

#include "server/core/base/clock.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr std::chrono::milliseconds kLookEvery{50};
constexpr int kLooksPerProgress = 5;

}  // namespace

absl::StatusOr<std::unique_ptr<LoadGenerator>> LoadGenerator::Connect(LoadPlan plan) {
  HILLOCK_CHECK(!plan.requests.empty() && plan.outstanding > 0);
  HILLOCK_CHECK(plan.threads > 0 && plan.threads <= plan.connections);
  HILLOCK_CHECK(!plan.open || plan.open->rate > 0);
  std::unique_ptr<LoadGenerator> generator(new LoadGenerator(std::move(plan)));
  HILLOCK_RETURN_IF_ERROR(generator->ConnectWorkers());
  return generator;
}

LoadGenerator::LoadGenerator(LoadPlan plan) : plan_(std::move(plan)) {
  for (size_t i = 0; i < plan_.threads; ++i) {
    workers_.push_back(MakeLoadWorker(plan_, ThreadShare{i, plan_.threads}));
  }
}

absl::Status LoadGenerator::ConnectWorkers() {
  absl::Status status;
  for (size_t i = 0; i < workers_.size() && status.ok(); ++i) status = workers_[i]->Connect();
  if (status.ok()) return status;
  return absl::UnavailableError(
      fmt::format("{}: {} of {} connections were not made within {} ms{}{}", plan_.endpoint.target,
                  CountLost(), plan_.connections, plan_.patience.count(),
                  status.message().empty() ? "" : ": ", std::string(status.message())));
}

LoadTally LoadGenerator::Run(std::chrono::nanoseconds duration,
                             const std::function<void(const LoadProgress&)>& on_progress) {
  const Nanos start = Clock::Monotonic().Now();
  const uint64_t answered_before = CountAnswered();
  std::vector<std::future<LoadTally>> tallies;
  tallies.reserve(workers_.size());
  for (const auto& worker : workers_) {
    tallies.push_back(std::async(std::launch::async, &LoadWorker::Run, worker.get(), duration));
  }
  LoadTally all;
  int looks = 0;
  for (auto& tally : tallies) {
    while (tally.wait_for(kLookEvery) != std::future_status::ready) {
      StopIfTold();
      if (!on_progress || ++looks % kLooksPerProgress != 0) continue;
      on_progress({std::chrono::nanoseconds(Clock::Monotonic().Now() - start),
                   CountAnswered() - answered_before});
    }
    all.Merge(tally.get());
  }
  return all;
}

void LoadGenerator::StopIfTold() {
  if (plan_.stop == nullptr || !plan_.stop->load()) return;
  for (const auto& worker : workers_) worker->Stop();
}

uint64_t LoadGenerator::CountAnswered() const {
  uint64_t answered = 0;
  for (const auto& worker : workers_) answered += worker->answered();
  return answered;
}

size_t LoadGenerator::CountLost() {
  size_t lost = 0;
  for (const auto& worker : workers_) lost += worker->CountLost();
  return lost;
}

}  // namespace hillock::client
