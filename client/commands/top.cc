// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <thread>
#include <utility>

#include "client/cli/command.h"
#include "client/cli/full_screen.h"
#include "client/metrics/scrape.h"
#include "client/top/key.h"
#include "client/top/snapshot.h"
#include "client/top/view.h"
#include "server/core/base/clock.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr double kMinSeconds = 0.1;
constexpr double kMaxSeconds = 3600;

struct TopFlags {
  std::string metrics = "127.0.0.1:8002";
  double seconds = 1;
  TimeoutFlag timeout{2};
  bool once = false;

  std::chrono::milliseconds Interval() const {
    return std::chrono::milliseconds(std::llround(seconds * 1000));
  }
};

double SecondsSinceTheEpoch() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Reads a server's metrics again and again, for what happened in between. Not thread-safe.
class Watch {
 public:
  explicit Watch(const TopFlags& flags) : flags_(flags) {}

  // The first reading.
  absl::Status Start() {
    HILLOCK_ASSIGN_OR_RETURN(Reading reading, Scrape(flags_.metrics, flags_.timeout.Deadline()));
    Keep(std::move(reading.metrics));
    return absl::OkStatus();
  }

  // Between this reading and the last.
  absl::StatusOr<TopSnapshot> Next() {
    HILLOCK_ASSIGN_OR_RETURN(Reading reading, Scrape(flags_.metrics, flags_.timeout.Deadline()));
    const double seconds = ToSeconds(Clock::Monotonic().Now() - read_at_);
    TopSnapshot snapshot = SnapshotBetween(last_, reading.metrics, seconds, SecondsSinceTheEpoch());
    Keep(std::move(reading.metrics));
    return snapshot;
  }

 private:
  void Keep(Metrics metrics) {
    last_ = std::move(metrics);
    read_at_ = Clock::Monotonic().Now();
  }

  const TopFlags& flags_;
  Metrics last_;
  Nanos read_at_ = 0;
};

// A server that cannot be reached any more is shown as it was, with the reason.
void Refresh(Watch& watch, TopView& view) {
  auto snapshot = watch.Next();
  if (snapshot.ok()) {
    view.Update(*std::move(snapshot));
  } else {
    view.SetError(std::string(snapshot.status().message()));
  }
}

// Shows the view and takes keys until it is time for the next reading. False: it is over.
bool ShowUntil(Nanos next, FullScreen& screen, TopView& view) {
  bool redraw = true;
  for (Nanos now = Clock::Monotonic().Now(); now < next && !view.done();
       now = Clock::Monotonic().Now()) {
    const auto size = screen.size();
    if (redraw) screen.Draw(view.Screen({size.rows, size.columns}));
    const auto wait = std::chrono::nanoseconds(next - now);
    const auto input = screen.Read(std::chrono::ceil<std::chrono::milliseconds>(wait));
    if (input.ended) return false;
    for (const Key key : KeysOf(input.bytes)) view.OnKey(key);
    redraw = input.redraw || !input.bytes.empty();
  }
  return !view.done();
}

absl::Status Live(const TopFlags& flags, Watch& watch, TopView& view) {
  HILLOCK_ASSIGN_OR_RETURN(const auto screen, FullScreen::Open());
  const Nanos interval = std::chrono::nanoseconds(flags.Interval()).count();
  Nanos next = Clock::Monotonic().Now() + std::min(interval, Nanos{200'000'000});
  while (ShowUntil(next, *screen, view)) {
    Refresh(watch, view);
    next = Clock::Monotonic().Now() + interval;
  }
  return absl::OkStatus();
}

absl::Status Top(const TopFlags& flags, const Console& console) {
  Watch watch(flags);
  TopView view(flags.metrics, console.look);
  HILLOCK_RETURN_IF_ERROR(watch.Start());
  if (!flags.once) return Live(flags, watch, view);
  std::this_thread::sleep_for(flags.Interval());
  HILLOCK_ASSIGN_OR_RETURN(TopSnapshot snapshot, watch.Next());
  view.Update(std::move(snapshot));
  console.out << view.Text();
  return absl::OkStatus();
}

}  // namespace

void AddTop(CLI::App& app, Command& chosen) {
  const auto flags = std::make_shared<TopFlags>();
  CLI::App* const command = app.add_subcommand(
      "top", "models, activations, reactors and saturation of a server, refreshed as it serves");
  AddMetricsFlag(*command, flags->metrics, "HOST:PORT that serves /metrics")->capture_default_str();
  command->add_option("--interval", flags->seconds, "seconds between two readings")
      ->capture_default_str()
      ->check(NumberFrom(kMinSeconds, kMaxSeconds));
  command->add_flag("--once", flags->once, "print what happened in one interval, and end");
  AddTimeoutFlag(*command, flags->timeout, "seconds that one reading may take");
  command->callback([flags, &chosen] {
    chosen = [flags](const Console& console) { return Top(*flags, console); };
  });
}

}  // namespace hillock::client
