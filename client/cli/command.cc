// SPDX-License-Identifier: Apache-2.0
#include "client/cli/command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include "client/api/metadata.h"
#include "client/api/token.h"
#include "client/text/text.h"
#include "server/transport/net/address.h"

namespace hillock::client {
namespace {

constexpr double kMinSeconds = 0.001;
constexpr double kMaxSeconds = 86'400;

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kMetricsPath = "/metrics";

// Makes `text` canonical, or returns what is wrong with it.
std::string Canonize(std::string& text, const transport::AddressRules& rules) {
  const auto address = transport::ParseAddress(text, rules);
  if (!address.ok()) return std::string(address.status().message());
  text = address->ToString();
  return "";
}

std::string TargetError(std::string& text) { return Canonize(text, {}); }

// The URL of the page stands for the address in it.
std::string MetricsAddressError(std::string& text) {
  std::string_view address = text;
  if (address.starts_with(kHttp)) {
    address.remove_prefix(kHttp.size());
    if (address.ends_with(kMetricsPath)) address.remove_suffix(kMetricsPath.size());
    if (address.ends_with('/')) address.remove_suffix(1);
  }
  text = std::string(address);
  return Canonize(text, {});
}

std::string MetadataError(const std::string& text) {
  return std::string(ParseMetadata(text).status().message());
}

void AddTlsFlags(CLI::App& command, TlsOptions& tls) {
  command.add_flag("--tls", tls.enabled, "call over TLS, trusting the system's authorities");
  command.add_option("--tls-ca", tls.ca, "PEM file of the authorities to trust; implies --tls");
  auto* const cert = command.add_option("--tls-cert", tls.cert,
                                        "PEM file of this client's certificate; implies --tls");
  cert->needs(command.add_option("--tls-key", tls.key, "PEM file of its private key")->needs(cert));
  command.add_option("--tls-server-name", tls.server_name,
                     "name that the server's certificate must have, if not the host's; implies "
                     "--tls");
}

}  // namespace

CLI::Validator NumberFrom(double min, double max) {
  const auto error = [min, max](const std::string& text) {
    const std::optional<double> number = ParseNumber(text);
    if (number && *number >= min && *number <= max) return std::string();
    return fmt::format("got {}, want a number from {:g} to {:g}", Quoted(text), min, max);
  };
  return CLI::Validator(error, "", "number");
}

std::chrono::milliseconds TimeoutFlag::Deadline() const {
  return std::chrono::milliseconds(std::llround(std::ceil(seconds * 1000)));
}

void AddTimeoutFlag(CLI::App& command, TimeoutFlag& flag, const std::string& help) {
  command.add_option("--timeout", flag.seconds, help)
      ->capture_default_str()
      ->check(NumberFrom(kMinSeconds, kMaxSeconds));
}

std::string ModelFlags::VersionText() const { return version == 0 ? "" : std::to_string(version); }

void AddModelName(CLI::App& command, ModelFlags& flags) {
  command.add_option("model", flags.name, "name of the model")->required();
}

void AddVersionFlag(CLI::App& command, ModelFlags& flags) {
  command.add_option("--version", flags.version, "version of the model; the highest if not given")
      ->check(CLI::PositiveNumber);
}

void AddServerFlags(CLI::App& command, ServerFlags& flags) {
  command
      .add_option("--server", flags.endpoint.target,
                  "server to call: HOST:PORT, PORT of 127.0.0.1, unix:PATH or unix-abstract:NAME")
      ->capture_default_str()
      ->transform(CLI::Validator(TargetError, "", "target"));
  AddTimeoutFlag(command, flags.timeout, "seconds that one call may take");
  command.add_option("--token-file", flags.endpoint.token_file,
                     fmt::format("file of the token to call with, where the server wants one; else "
                                 "the environment's {}",
                                 kTokenVariable));
  command
      .add_option_function<std::vector<std::string>>(
          "--metadata",
          [&flags](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              flags.endpoint.metadata.push_back(*ParseMetadata(text));
            }
          },
          "NAME=VALUE that every call carries; may be given several times")
      ->check(CLI::Validator(MetadataError, "", "metadata"))
      ->allow_extra_args(false);
  AddTlsFlags(command, flags.endpoint.tls);
}

CLI::Option* AddMetricsFlag(CLI::App& command, std::string& address, const std::string& help) {
  return command.add_option("--metrics", address, help)
      ->transform(CLI::Validator(MetricsAddressError, "", "address"));
}

absl::StatusOr<Client> Connect(const ServerFlags& flags, size_t batch_rows) {
  ClientOptions options;
  options.deadline = flags.timeout.Deadline();
  options.batch_rows = batch_rows;
  return Client::Connect(flags.endpoint, options);
}

void WriteJson(std::ostream& out, const nlohmann::ordered_json& value) {
  out << value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

}  // namespace hillock::client
