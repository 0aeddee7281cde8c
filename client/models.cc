#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "client/command.h"
#include "client/models_report.h"
#include "server/base/status.h"

namespace hillock::client {
namespace {

struct ModelsFlags {
  ServerFlags server;
  bool json = false;
};

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
  command->add_flag("--json", flags->json, "print one JSON object");
  AddServerFlags(*command, flags->server);
  command->callback([flags, &chosen] {
    chosen = [flags](const Console& console) { return Models(*flags, console); };
  });
}

}  // namespace hillock::client
