// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "client/cli/command.h"
#include "client/report/models_report.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

struct ModelsFlags {
  ServerFlags server;
  std::string load;    // a model to load first; empty: none
  std::string unload;  // a model to unload first; empty: none
  bool json = false;
};

const CLI::Validator kSomeName(
    [](const std::string& name) {
      return name.empty() ? std::string("got an empty name, want a model's") : std::string();
    },
    "", "name");

// Adds what the server says of a model's tensors. A model may go away between two calls, so a
// failure is noted for that model and is no failure of the command.
void Describe(const Client& client, ModelSummary& model) {
  auto metadata = client.ModelMetadata(model.index.name(), model.index.version());
  if (metadata.ok()) {
    model.metadata = *std::move(metadata);
  } else {
    model.index.set_reason(std::string(metadata.status().message()));
  }
}

absl::Status Models(const ModelsFlags& flags, const Console& console) {
  HILLOCK_ASSIGN_OR_RETURN(const Client client, Connect(flags.server));
  if (!flags.load.empty()) HILLOCK_RETURN_IF_ERROR(client.LoadModel(flags.load));
  if (!flags.unload.empty()) HILLOCK_RETURN_IF_ERROR(client.UnloadModel(flags.unload));
  HILLOCK_ASSIGN_OR_RETURN(const inference::RepositoryIndexResponse index,
                           client.RepositoryIndex());
  std::vector<ModelSummary> models;
  for (const auto& entry : index.models()) {
    models.push_back({entry, {}});
    if (entry.state() == "READY") Describe(client, models.back());
  }
  if (flags.json) {
    WriteJson(console.out, ModelsJson(models));
  } else {
    console.out << ModelsTable(models);
  }
  return absl::OkStatus();
}

}  // namespace

void AddModels(CLI::App& app, Command& chosen) {
  const auto flags = std::make_shared<ModelsFlags>();
  CLI::App* const command = app.add_subcommand("models", "list the models of the server");
  CLI::Option* const load = command->add_option(
      "--load", flags->load, "load this model first; takes a server with --model-control explicit");
  command->add_option("--unload", flags->unload, "unload this model first; takes the same")
      ->excludes(load)
      ->check(kSomeName);
  load->check(kSomeName);
  command->add_flag("--json", flags->json, "print one JSON object");
  AddServerFlags(*command, flags->server);
  command->callback([flags, &chosen] {
    chosen = [flags](const Console& console) { return Models(*flags, console); };
  });
}

}  // namespace hillock::client
