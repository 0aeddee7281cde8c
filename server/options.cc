#include "server/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <sstream>

#include "server/version.h"

namespace hillock {
namespace {

const std::map<std::string, LogFormat> kLogFormats = {{"text", LogFormat::kText},
                                                      {"json", LogFormat::kJson}};

const std::map<std::string, serving::ControlMode> kControlModes = {
    {"none", serving::ControlMode::kNone},
    {"poll", serving::ControlMode::kPoll},
    {"explicit", serving::ControlMode::kExplicit}};

const std::map<std::string, Precision> kPrecisions = {
    {std::string(PrecisionName(Precision::kF32)), Precision::kF32},
    {std::string(PrecisionName(Precision::kBf16)), Precision::kBf16}};

constexpr int64_t kMaxCount = int64_t{1} << 62;

CLI::Validator SecondsBetween(double least, double most) {
  return CLI::Validator(
      [least, most](std::string& text) {
        double seconds = 0;
        // Written so that NaN, which is neither below nor above anything, fails.
        const bool valid =
            CLI::detail::lexical_cast(text, seconds) && seconds >= least && seconds <= most;
        return valid ? std::string()
                     : fmt::format("Value {} not in range {} to {} seconds", text, least, most);
      },
      fmt::format("SECONDS in [{} - {}]", least, most));
}

const CLI::Validator kSeconds = SecondsBetween(0, 3600);
const CLI::Validator kPollSeconds = SecondsBetween(0.01, 3600);
const CLI::Validator kShortSeconds = SecondsBetween(0, 0.01);

// Choices as they are written, which are mapped to values after parsing.
struct Choices {
  std::string backend{kAutoBackend};
  std::string precision{PrecisionName(Precision::kF32)};
  bool no_rewrite = false;
  double max_queue_seconds = ToSeconds(QueueLimits{}.wait);
  std::string model_control = "none";
  std::string log_format = "text";
};

void Declare(CLI::App& app, Options& options, Choices& choices) {
  app.set_version_flag("--version", kVersion);
  app.add_option("--repository", options.repository, "Folder of models to serve")->required();
  app.add_option("--listen", options.listen, "HOST:PORT or unix:PATH of the gRPC service")
      ->capture_default_str();
  app.add_option("--metrics-listen", options.metrics_listen,
                 "HOST:PORT of the Prometheus metrics; empty for none")
      ->capture_default_str();
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
  app.add_option("--reactors", options.reactors, "Serving threads; 0: one a usable core")
      ->check(CLI::Range(int64_t{0}, int64_t{1024}))
      ->capture_default_str();
  app.add_option(
         "--linger-seconds", options.linger_seconds,
         fmt::format("Longest a serving thread stays awake between requests that follow each other "
                     "closely [{}; 0 where a cgroup limits CPU time]",
                     kLingerSeconds))
      ->check(kShortSeconds);
  app.add_option("--backend", choices.backend, "Who computes: auto, onednn or fallback")
      ->check(CLI::IsMember({std::string(kAutoBackend), std::string(kBackendNames[0]),
                             std::string(kBackendNames[1])}))
      ->capture_default_str();
  app.add_option("--precision", choices.precision,
                 "What dense layers multiply in: f32, or bf16 where the CPU is fast at it")
      ->check(CLI::IsMember(kPrecisions))
      ->capture_default_str();
  app.add_flag("--no-rewrite", choices.no_rewrite,
               "Compute every layer as the model has it: join none, fold no normalization");
  app.add_option("--profile-every", options.profile_every,
                 "Time activations on their own in one batch of this many; 0: never")
      ->check(CLI::Range(int64_t{0}, kMaxCount))
      ->capture_default_str();
  app.add_option("--max-rows", options.limits.max_rows, "Most rows of a request")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 30))
      ->capture_default_str();
  app.add_option("--max-message-bytes", options.max_message_bytes,
                 "Most bytes of a request, and of an answer's floats")
      ->check(CLI::Range(int64_t{1}, int64_t{0x7fffffff}))
      ->capture_default_str();
  app.add_option("--max-queue-rows", options.limits.queue.rows, "Most rows waiting on one reactor")
      ->check(CLI::Range(int64_t{1}, kMaxCount))
      ->capture_default_str();
  app.add_option("--max-queue-bytes", options.limits.queue.bytes,
                 "Most bytes of requests and answers waiting on one reactor")
      ->check(CLI::Range(int64_t{1}, kMaxCount))
      ->capture_default_str();
  app.add_option("--max-queue-seconds", choices.max_queue_seconds,
                 "Most work waiting on one reactor, in estimated seconds")
      ->check(kSeconds)
      ->capture_default_str();
  app.add_option("--max-model-bytes", options.max_model_bytes, "Most bytes of a model file")
      ->check(CLI::Range(int64_t{1}, kMaxCount))
      ->capture_default_str();
  app.add_option("--drain-wait", options.drain_wait_seconds,
                 "Seconds between NOT_SERVING and refusing requests at shutdown")
      ->check(kSeconds)
      ->capture_default_str();
  app.add_option("--drain-seconds", options.drain_seconds,
                 "Seconds for requests in flight to finish at shutdown")
      ->check(kSeconds)
      ->capture_default_str();
  app.add_option("--log-format", choices.log_format, "Log lines as text or json")
      ->check(CLI::IsMember(kLogFormats))
      ->capture_default_str();
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv) {
  Options options;
  Choices choices;
  CLI::App app("Serves multi-layer perceptrons over gRPC (Open Inference Protocol v2).",
               "hillock-server");
  Declare(app, options, choices);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    if (app.exit(error, out, err) == 0) return CommandLine{std::nullopt, out.str()};
    return absl::InvalidArgumentError(err.str());
  }
  options.backend = *FindBackend(choices.backend);
  options.precision = kPrecisions.at(choices.precision);
  options.rewrite = !choices.no_rewrite;
  options.limits.queue.wait = FromSeconds(choices.max_queue_seconds);
  options.model_control = kControlModes.at(choices.model_control);
  options.log_format = kLogFormats.at(choices.log_format);
  return CommandLine{options, ""};
}

}  // namespace hillock
