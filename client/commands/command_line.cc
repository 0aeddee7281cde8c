// SPDX-License-Identifier: Apache-2.0
#include "client/commands/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <sstream>
#include <string_view>
#include <vector>

#include "client/commands/commands.h"
#include "server/core/base/unknown_name.h"
#include "server/core/base/version.h"

namespace hillock::client {
namespace {

// What ghz, hey, wrk, perf_analyzer, grpcurl and curl call what is known here.
constexpr ForeignName kForeignNames[] = {
    {"--qps", "--rate"},
    {"--rps", "--rate"},
    {"--request-rate", "--rate"},
    {"--request-rate-range", "--rate"},
    {"-r", "--rate"},
    {"--request-count", "--requests"},
    {"--total", "--requests"},
    {"-n", "--requests"},
    {"-z", "--duration, in seconds"},
    {"-d", "--duration, in seconds"},
    {"--concurrency", "--outstanding or --connections"},
    {"--concurrency-range", "--outstanding or --connections"},
    {"-c", "--outstanding or --connections"},
    {"--clients", "--connections"},
    {"-t", "--threads"},
    {"--warmup", "--warm-up"},
    {"--batch-size", "--rows"},
    {"-b", "--rows"},
    {"--url", "--server"},
    {"-u", "--server"},
    {"--host", "--server"},
    {"--port", "--server"},
    {"--address", "--server"},
    {"--cacert", "--tls-ca"},
    {"--cert", "--tls-cert"},
    {"--key", "--tls-key"},
    {"--authority", "--tls-server-name"},
    {"--model-version", "--version"},
    {"--token", "--token-file"},
    {"--auth-token", "--token-file"},
    {"--header", "--metadata"},
    {"-H", "--metadata"},
    {"-v", "--version"},
    {"-V", "--version"},
};

// And its commands.
constexpr ForeignName kForeignCommands[] = {
    {"infer", "predict"}, {"bench", "load"},   {"benchmark", "load"},
    {"list", "models"},   {"ls", "models"},    {"metrics", "stats"},
    {"status", "health"}, {"ready", "health"}, {"help", "--help"},
};

std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) names.push_back(option->get_name());
  return names;
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

// Those of the foreign names that this command has something for.
std::vector<ForeignName> ForeignNamesOf(const std::vector<std::string>& known) {
  std::vector<ForeignName> names;
  for (const ForeignName& name : kForeignNames) {
    const std::string_view first = name.ours.substr(0, name.ours.find_first_of(" ,"));
    if (std::ranges::find(known, first) != known.end()) names.push_back(name);
  }
  return names;
}

// "--name" of "--name=value", and "-n" of "-nvalue".
std::string NameOf(const std::string& word) {
  return word.starts_with("--") ? word.substr(0, word.find('=')) : word.substr(0, 2);
}

// The first option that the command does not know, or an empty text.
std::string ExplainUnknownOption(const CLI::App& app) {
  const auto words = app.remaining();
  const auto word = std::ranges::find_if(
      words, [](const std::string& one) { return one.size() > 1 && one.starts_with('-'); });
  if (word == words.end()) return "";
  const auto known = OptionNames(app);
  return ExplainUnknown("option", NameOf(*word), ForeignNamesOf(known), known);
}

// An unknown option may be the cause of other errors, so it is reported first.
std::string ExplainUnknownWord(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  if (!commands.empty()) return ExplainUnknownOption(*commands.front());
  const auto words = app.remaining();
  if (words.empty() || words.front().starts_with('-')) return ExplainUnknownOption(app);
  return ExplainUnknown("command", words.front(), kForeignCommands, CommandNames(app));
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv) {
  CLI::App app("Asks a Hillock server for predictions, models, health and statistics, and draws.",
               "hillock");
  CommandLine line;
  AddCommands(app, line.command);
  app.set_version_flag("--version", kVersion);
  app.require_subcommand(1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    if (app.exit(error, out, err) == 0) return CommandLine{nullptr, out.str()};
    const std::string unknown = ExplainUnknownWord(app);
    if (unknown.empty()) return absl::InvalidArgumentError(err.str());
    return absl::InvalidArgumentError(unknown + "\nRun with --help for more information.\n");
  }
  return line;
}

absl::Status FinishOutput(std::ostream& out) {
  constexpr char kWhat[] = "cannot write to standard output";
  errno = 0;
  out.flush();
  if (out) return absl::OkStatus();
  return errno == 0 ? absl::DataLossError(kWhat) : absl::ErrnoToStatus(errno, kWhat);
}

}  // namespace hillock::client
