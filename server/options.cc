// SPDX-License-Identifier: Apache-2.0
#include "server/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "server/core/base/unknown_name.h"
#include "server/core/base/version.h"
#include "server/option_checks.h"
#include "server/transport/net/address.h"

namespace hillock {
namespace {

const std::map<std::string, LogFormat> kLogFormats = {{"text", LogFormat::kText},
                                                      {"json", LogFormat::kJson}};

const std::map<std::string, lifecycle::ControlMode> kControlModes = {
    {"none", lifecycle::ControlMode::kNone},
    {"poll", lifecycle::ControlMode::kPoll},
    {"explicit", lifecycle::ControlMode::kExplicit}};

const std::map<std::string, lifecycle::ReadinessRule> kReadinessRules = {
    {"any", lifecycle::ReadinessRule::kAny},
    {"all", lifecycle::ReadinessRule::kAll},
    {"strict", lifecycle::ReadinessRule::kStrict}};

const std::map<std::string, Precision> kPrecisions = [] {
  std::map<std::string, Precision> by_name;
  for (const std::string_view name : kPrecisionNames)
    by_name[std::string(name)] = *FindPrecision(name);
  return by_name;
}();

const transport::AddressRules kListenRules = {.sockets = true, .zero_port = true};

constexpr uint64_t kMaxCount = uint64_t{1} << 62;

const CLI::Validator kSeconds = SecondsBetween(0, 3600);
const CLI::Validator kPollSeconds = SecondsBetween(0.01, 3600);
const CLI::Validator kShortSeconds = SecondsBetween(0, 0.01);
const CLI::Validator kAgeSeconds = SecondsBetween(0, 31'536'000);  // a year

constexpr std::string_view kNames = "a model is called as its folder in --repository";

// What Triton, TensorFlow Serving, OpenVINO Model Server, TorchServe, KServe and others call what
// is known here, and usual words.
constexpr ForeignName kForeignNames[] = {
    {"--model-repository", "--repository"},
    {"--model-store", "--repository"},
    {"--model-base-path", "--repository"},
    {"--model-path", "--repository"},
    {"--model-dir", "--repository"},
    {"--models", "--repository"},
    {"--model-config-file", "", kNames},
    {"--port", "--listen"},
    {"-p", "--listen"},
    {"--host", "--listen"},
    {"--bind", "--listen"},
    {"--address", "--listen"},
    {"--grpc-port", "--listen"},
    {"--grpc-address", "--listen"},
    {"--grpc-bind-address", "--listen"},
    {"--allow-grpc", "", "gRPC is always served (--listen)"},
    {"--control-port", "--control-listen"},
    {"--management-address", "--control-listen"},
    {"--grpc-restricted-protocol", "--control-listen"},
    {"--token-file", "--auth-tokens"},
    {"--api-key", "--auth-tokens"},
    {"--metrics-port", "--http-listen"},
    {"--metrics-address", "--http-listen"},
    {"--http-port", "--http-listen"},
    {"--http-address", "--http-listen"},
    {"--allow-metrics", "--http-listen"},
    {"--allow-http", "--http-listen"},
    {"--rest-port", "--http-listen"},
    {"--rest-api-port", "--http-listen"},
    {"--rest-bind-address", "--http-listen"},
    {"--strict-readiness", "--readiness"},
    {"--model-control-mode", "--model-control"},
    {"--repository-poll-secs", "--poll-seconds"},
    {"--file-system-poll-wait-seconds", "--poll-seconds"},
    {"--threads", "--reactors"},
    {"--workers", "--reactors"},
    {"--grpc-workers", "--reactors"},
    {"--exit-timeout-secs", "--drain-seconds"},
    {"--grpc-server-cert", "--tls-cert"},
    {"--grpc-server-key", "--tls-key"},
    {"--grpc-root-cert", "--tls-client-ca"},
    {"--ssl-certfile", "--tls-cert"},
    {"--ssl-keyfile", "--tls-key"},
    {"--grpc-max-connection-age", "--max-connection-age"},
    {"-v", "--version"},
    {"-V", "--version"},
};

// Choices as they are written, which are mapped to values after parsing.
struct Choices {
  std::string backend{kAutoBackend};
  std::string precision{PrecisionName(Precision::kF32)};
  bool no_rewrite = false;
  double max_queue_seconds = ToSeconds(QueueLimits{}.wait);
  std::string model_control = "none";
  std::string readiness = "all";
  std::string log_format = "text";
  std::string metrics_compat = "none";
  std::string rest = "auto";
};

// Accepts what an option was called in the release before, with a warning.
void DeclareOldName(CLI::App& app, const std::string& old_name, const std::string& name,
                    Options& options) {
  CLI::Option* const option = app.get_option(name);
  app.add_option_function<std::string>(
         old_name,
         [=, &options](const std::string& value) {
           option->add_result(value);
           options.warnings.push_back(
               fmt::format("{} is now called {}; the old name goes away with the next release",
                           old_name, name));
         })
      ->trigger_on_parse()
      ->group("");  // not in --help
}

void DeclareAddresses(CLI::App& app, Options& options, Choices& choices) {
  app.add_option(
         "--listen", options.listen,
         "HOST:PORT, PORT of 127.0.0.1, unix:PATH or unix-abstract:NAME of the gRPC service")
      ->transform(AddressBy(kListenRules))
      ->capture_default_str();
  app.add_option("--control-listen", options.control_listen,
                 "A second such address: models are loaded and unloaded there alone")
      ->transform(AddressBy(kListenRules));
  app.add_option("--http-listen", options.http_listen,
                 "The same of the HTTP port, with REST, metrics and health; empty for none")
      ->transform(AddressOrNothingBy(kListenRules))
      ->capture_default_str();
  app.add_option("--rest", choices.rest,
                 "REST at /v2 of the HTTP port, which is plain: auto is off with --tls-cert")
      ->check(CLI::IsMember({"auto", "on", "off"}))
      ->capture_default_str();
  DeclareOldName(app, "--metrics-listen", "--http-listen", options);
}

void DeclareAccess(CLI::App& app, Options& options) {
  auto* const cert = app.add_option("--tls-cert", options.tls_cert,
                                    "PEM file of the certificate chain: serve gRPC over TLS")
                         ->check(ReadableFile());
  auto* const key = app.add_option("--tls-key", options.tls_key, "PEM file of its private key")
                        ->check(ReadableFile())
                        ->needs(cert);
  cert->needs(key);
  app.add_option("--tls-client-ca", options.tls_client_ca,
                 "PEM file of authorities: serve only clients with a certificate of one of them")
      ->check(ReadableFile())
      ->needs(cert)
      ->needs(key);
  app.add_option("--auth-tokens", options.auth_tokens,
                 "File of lines NAME TOKEN [control]: serve only calls with one of these tokens")
      ->check(TokenFile());
}

void DeclareModels(CLI::App& app, Options& options, Choices& choices) {
  app.add_option("--repository", options.repository, "Folder of models, or one model, to serve")
      ->required();
  app.add_option("--model-name", options.model_name,
                 "Name of the model, where the repository is one [what it is called]")
      ->check(ModelName());
  app.add_option("--model-control", choices.model_control,
                 "Models after start: none are loaded, poll the repository, or explicit calls")
      ->check(CLI::IsMember(kControlModes))
      ->capture_default_str();
  app.add_option("--poll-seconds", options.poll_seconds,
                 "Seconds between two looks at the repository, with --model-control poll")
      ->check(kPollSeconds)
      ->capture_default_str();
  app.add_option("--load-model", options.load_models,
                 "Model to load at start, with --model-control explicit; may be repeated; *: all")
      ->allow_extra_args(false);
  app.callback([&options, &choices] {
    if (!options.load_models.empty() && choices.model_control != "explicit") {
      throw CLI::ValidationError("--load-model", "needs --model-control explicit");
    }
  });
}

void DeclareReadiness(CLI::App& app, Options& options, Choices& choices) {
  app.add_option("--readiness", choices.readiness,
                 "Ready when any model serves; when all serve or have failed; strict: none failed")
      ->check(CLI::IsMember(kReadinessRules))
      ->capture_default_str();
  app.add_flag("--exit-on-error", options.exit_on_error,
               "Exit with 3 at start when a model cannot be served");
  app.add_option("--repository-wait", options.repository_wait_seconds,
                 "Seconds to wait at start for a repository without models, or that is not there")
      ->check(kSeconds)
      ->capture_default_str();
}

void DeclareComputing(CLI::App& app, Options& options, Choices& choices) {
  app.add_option("--reactors", options.reactors, "Serving threads; 0: one a usable core")
      ->check(WholeNumber(0, 1024))
      ->capture_default_str();
  app.add_option(
         "--busy-poll-seconds", options.busy_poll_seconds,
         fmt::format("Longest a serving thread polls for the next request before it sleeps, while "
                     "requests follow each other closely [{}; 0 where a cgroup limits CPU time]",
                     kBusyPollSeconds))
      ->check(kShortSeconds);
  DeclareOldName(app, "--linger-seconds", "--busy-poll-seconds", options);
  std::vector<std::string> backends(kBackendNames.begin(), kBackendNames.end());
  backends.emplace_back(kAutoBackend);
  app.add_option("--backend", choices.backend, "Who computes")
      ->check(CLI::IsMember(backends))
      ->capture_default_str();
  app.add_option("--precision", choices.precision,
                 "What dense layers multiply in, where the CPU is fast at it")
      ->check(CLI::IsMember(kPrecisions))
      ->capture_default_str();
  app.add_flag("--no-rewrite", choices.no_rewrite,
               "Compute every layer as the model has it: join none, fold no normalization");
  app.add_option("--profile-every", options.profile_every,
                 "Time activations on their own in one batch of this many; 0: never")
      ->check(WholeNumber(0, kMaxCount))
      ->capture_default_str();
}

void DeclareRequestLimits(CLI::App& app, Options& options, Choices& choices) {
  app.add_option("--max-rows", options.limits.max_rows, "Most rows of a request")
      ->check(WholeNumber(1, uint64_t{1} << 30))
      ->capture_default_str();
  app.add_option("--max-message-bytes", options.max_message_bytes,
                 "Most bytes of a request, and of an answer's floats")
      ->transform(ByteCount(1, 0x7fffffff))
      ->capture_default_str();
  app.add_option("--max-queue-rows", options.limits.queue.rows, "Most rows waiting on one reactor")
      ->check(WholeNumber(1, kMaxCount))
      ->capture_default_str();
  app.add_option("--max-queue-bytes", options.limits.queue.bytes,
                 "Most bytes of requests and answers waiting on one reactor")
      ->transform(ByteCount(1, kMaxCount))
      ->capture_default_str();
  app.add_option("--max-queue-seconds", choices.max_queue_seconds,
                 "Most work waiting on one reactor, in estimated seconds")
      ->check(kSeconds)
      ->capture_default_str();
}

void DeclareServerLimits(CLI::App& app, Options& options) {
  app.add_option("--max-connections", options.max_connections,
                 "Most connections at a time; 0: as many as descriptors allow")
      ->check(WholeNumber(0, kMaxCount))
      ->capture_default_str();
  app.add_option("--max-connection-age", options.max_connection_age_seconds,
                 "Seconds until a connection must make place for a new one; 0: never")
      ->check(kAgeSeconds)
      ->capture_default_str();
  app.add_option("--max-memory-bytes", options.max_memory_bytes,
                 "Memory to stay within; 0: what the cgroup allows")
      ->transform(ByteCount(0, kMaxCount))
      ->capture_default_str();
  app.add_option("--max-model-bytes", options.max_model_bytes, "Most bytes of a model file")
      ->transform(ByteCount(1, kMaxCount))
      ->capture_default_str();
}

void DeclareTheEnd(CLI::App& app, Options& options) {
  app.add_option("--drain-wait", options.drain_wait_seconds,
                 "Seconds between NOT_SERVING and refusing requests at shutdown")
      ->check(kSeconds)
      ->capture_default_str();
  app.add_option("--drain-seconds", options.drain_seconds,
                 "Seconds for requests in flight to finish at shutdown")
      ->check(kSeconds)
      ->capture_default_str();
}

void Declare(CLI::App& app, Options& options, Choices& choices) {
  app.set_version_flag("--version", kVersion);
  DeclareModels(app, options, choices);
  DeclareReadiness(app, options, choices);
  DeclareAddresses(app, options, choices);
  DeclareAccess(app, options);
  DeclareComputing(app, options, choices);
  DeclareRequestLimits(app, options, choices);
  DeclareServerLimits(app, options);
  DeclareTheEnd(app, options);
  app.add_option("--metrics-compat", choices.metrics_compat,
                 "Whose names metrics have besides their own: none or triton")
      ->check(CLI::IsMember({"none", "triton"}))
      ->capture_default_str();
  app.add_option("--log-format", choices.log_format, "Log lines as text or json")
      ->check(CLI::IsMember(kLogFormats))
      ->capture_default_str();
  app.add_option("--access-log", options.access_log,
                 "Of the inference requests, the share to log, each in a line")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
}

void Apply(const Choices& choices, Options& options) {
  options.triton_names = choices.metrics_compat == "triton";
  options.listen_address = transport::ParseAddress(options.listen, kListenRules).value();
  if (!options.control_listen.empty()) {
    options.control_address = transport::ParseAddress(options.control_listen, kListenRules).value();
  }
  options.http_address.reset();
  if (!options.http_listen.empty()) {
    options.http_address = transport::ParseAddress(options.http_listen, kListenRules).value();
  }
  options.rest = options.http_address.has_value() &&
                 (choices.rest == "on" || (choices.rest == "auto" && options.tls_cert.empty()));
  options.compute.backend = *FindBackend(choices.backend);
  options.compute.precision = kPrecisions.at(choices.precision);
  options.compute.rewrite = !choices.no_rewrite;
  options.limits.queue.wait = FromSeconds(choices.max_queue_seconds);
  options.model_control = kControlModes.at(choices.model_control);
  options.readiness = kReadinessRules.at(choices.readiness);
  options.log_format = kLogFormats.at(choices.log_format);
}

// "-1" is a number.
bool IsOption(std::string_view word) {
  return word.size() > 1 && word[0] == '-' && (word[1] < '0' || word[1] > '9');
}

// The first unknown option, or an empty text. It may be the cause of other errors.
std::string ExplainUnknownOption(const CLI::App& app) {
  for (const std::string& word : app.remaining()) {
    if (!IsOption(word)) continue;
    std::vector<std::string> known;
    for (const CLI::Option* option : app.get_options()) known.push_back(option->get_name());
    return ExplainUnknown("option", word.substr(0, word.find('=')), kForeignNames, known);
  }
  return "";
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv) {
  Options options;
  Choices choices;
  CLI::App app("Serves multi-layer perceptrons over gRPC and REST (Open Inference Protocol v2).",
               "hillock-server");
  Declare(app, options, choices);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    if (app.exit(error, out, err) == 0) return CommandLine{std::nullopt, out.str()};
    const std::string unknown = ExplainUnknownOption(app);
    if (unknown.empty()) return absl::InvalidArgumentError(err.str());
    return absl::InvalidArgumentError(unknown + "\nRun with --help for more information.\n");
  }
  Apply(choices, options);
  return CommandLine{options, ""};
}

}  // namespace hillock
