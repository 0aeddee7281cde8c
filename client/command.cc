#include "client/command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <optional>
#include <string>

#include "client/text.h"

namespace hillock::client {
namespace {

constexpr double kLeastSeconds = 0.001;
constexpr double kMostSeconds = 86'400;

std::string TargetError(const std::string& target) {
  return std::string(CheckTarget(target).message());
}

std::string MetricsAddressError(const std::string& address) {
  if (address.starts_with("unix:")) return "metrics are served at HOST:PORT only";
  return TargetError(address);
}

}  // namespace

void AddCommands(CLI::App& app, Command& chosen) {
  AddPredict(app, chosen);
  AddModels(app, chosen);
  AddHealth(app, chosen);
  AddStats(app, chosen);
  AddLoad(app, chosen);
  AddActivations(app, chosen);
  AddPlot(app, chosen);
  AddConvert(app, chosen);
}

CLI::Validator NumberFrom(double least, double most) {
  const auto error = [least, most](const std::string& text) {
    const std::optional<double> number = ParseNumber(text);
    if (number && *number >= least && *number <= most) return std::string();
    return fmt::format("got {}, want a number from {:g} to {:g}", Quoted(text), least, most);
  };
  return CLI::Validator(error, "", "number");
}

void AddServerFlags(CLI::App& command, ServerFlags& flags) {
  command.add_option("--server", flags.target, "server to call: HOST:PORT or unix:PATH")
      ->capture_default_str()
      ->check(CLI::Validator(TargetError, "", "target"));
  command.add_option("--timeout", flags.timeout_seconds, "seconds that one call may take")
      ->capture_default_str()
      ->check(NumberFrom(kLeastSeconds, kMostSeconds));
}

CLI::Option* AddMetricsFlag(CLI::App& command, std::string& address, const std::string& help) {
  return command.add_option("--metrics", address, help)
      ->check(CLI::Validator(MetricsAddressError, "", "address"));
}

std::chrono::milliseconds CallDeadline(const ServerFlags& flags) {
  return std::chrono::milliseconds(std::llround(std::ceil(flags.timeout_seconds * 1000)));
}

absl::StatusOr<Client> Connect(const ServerFlags& flags, size_t batch_rows) {
  ClientOptions options;
  options.deadline = CallDeadline(flags);
  options.batch_rows = batch_rows;
  return Client::Connect(flags.target, options);
}

void WriteJson(std::ostream& out, const nlohmann::ordered_json& value) {
  out << value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

}  // namespace hillock::client
