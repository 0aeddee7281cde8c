// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "client/cli/command.h"
#include "client/report/activations_page.h"
#include "client/report/activations_report.h"
#include "client/text/text.h"
#include "server/core/activation/activation.h"
#include "server/core/activation/figures.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

using activation::Spec;

struct ActivationsFlags {
  std::string name;
  bool json = false;
  bool markdown = false;
};

absl::StatusOr<const Spec*> FindActivation(const std::string& name) {
  if (const Spec* const spec = activation::Find(name)) return spec;
  std::string names;
  for (const Spec& spec : activation::All()) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", spec.name);
  }
  return absl::NotFoundError(fmt::format("got activation {}, want one of {}", Quoted(name), names));
}

absl::Status ShowOne(const ActivationsFlags& flags, const Console& console) {
  HILLOCK_ASSIGN_OR_RETURN(const Spec* const spec, FindActivation(flags.name));
  if (flags.json) {
    WriteJson(console.out, ActivationsJson({spec, 1}));
  } else {
    console.out << ActivationDetail(*spec, activation::FindFigures(*spec));
  }
  return absl::OkStatus();
}

absl::Status ShowActivations(const ActivationsFlags& flags, const Console& console) {
  if (!flags.name.empty()) return ShowOne(flags, console);
  if (flags.json) {
    WriteJson(console.out, ActivationsJson(activation::All()));
  } else {
    console.out << (flags.markdown ? ActivationsPage() : ActivationsTable(activation::All()));
  }
  return absl::OkStatus();
}

}  // namespace

void AddActivations(CLI::App& app, Command& chosen) {
  const auto flags = std::make_shared<ActivationsFlags>();
  CLI::App* const command =
      app.add_subcommand("activations", "show the activations and what they cost");
  CLI::Option* const name =
      command->add_option("name", flags->name, "show this one in full; all when not given");
  CLI::Option* const json = command->add_flag("--json", flags->json, "print one JSON object");
  command->add_flag("--markdown", flags->markdown, "print server/activation/README.md")
      ->excludes(json)
      ->excludes(name);
  command->callback([flags, &chosen] {
    chosen = [flags](const Console& console) { return ShowActivations(*flags, console); };
  });
}

}  // namespace hillock::client
