// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_OPTIONS_H_
#define HILLOCK_SERVER_OPTIONS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "server/core/base/limits.h"
#include "server/core/base/status.h"
#include "server/core/model/compute_options.h"
#include "server/lifecycle/control_mode.h"
#include "server/lifecycle/readiness_rule.h"
#include "server/log_format.h"
#include "server/transport/net/address.h"

namespace hillock {

inline constexpr double kBusyPollSeconds = 100e-6;

// The options of hillock-server, with their defaults.
struct Options {
  std::string repository;  // folder of models, or one model; required

  // The name of the model where the repository is one; empty: what the repository is called.
  std::string model_name;

  // Where the gRPC service listens, as text and parsed; port 0 takes any free one.
  std::string listen = "127.0.0.1:8001";
  transport::Address listen_address{transport::Address::Kind::kTcp, "127.0.0.1", 8001};

  // A second listener, where alone models are then loaded and unloaded, as text and parsed; none by
  // default.
  std::string control_listen;
  std::optional<transport::Address> control_address;

  // The same for the HTTP port: REST, metrics and health. An empty text, or no address, serves
  // none.
  std::string http_listen = "127.0.0.1:8002";
  std::optional<transport::Address> http_address{
      {transport::Address::Kind::kTcp, "127.0.0.1", 8002}};

  // Whether metrics come under Triton's names too (server/metrics/triton_names.h).
  bool triton_names = false;
  // Serve the Open Inference Protocol on the HTTP port.
  bool rest = true;

  // PEM files of the gRPC service's certificate and its private key: both or none, which serves
  // without TLS. With client_ca, only clients with a certificate of one in that file are served.
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;

  // File of the bearer tokens of those who may call (server/rpc/access/token_file.h); empty:
  // anybody may.
  std::string auth_tokens;

  // Seconds after which a client is asked to make a new connection; 0: never.
  double max_connection_age_seconds = 0;

  // Max connections at a time; 0: as many as there are descriptors for.
  size_t max_connections = 0;

  // Who decides which models are loaded after start.
  lifecycle::ControlMode model_control = lifecycle::ControlMode::kNone;

  // Seconds between two scans of the repository, when polling.
  double poll_seconds = 2;

  // Models to load at start when callers decide; "*" stands for all.
  std::vector<std::string> load_models;

  // Seconds to wait at start for a repository without models, or that is not there.
  double repository_wait_seconds = 0;

  // When health checks say that the server as a whole serves.
  lifecycle::ReadinessRule readiness = lifecycle::ReadinessRule::kAll;

  // Give up at start when a model, or a version of one, is refused.
  bool exit_on_error = false;

  // Threads that serve predictions; 0 takes one for each core that the process can really use.
  size_t reactors = 0;

  // Seconds that a reactor polls for the next request before it sleeps, while requests follow each
  // other that closely; none takes kBusyPollSeconds, or 0 where a cgroup limits CPU time, which
  // polling would use up.
  std::optional<double> busy_poll_seconds;

  // How models are computed, unless their own options say otherwise.
  model::ComputeOptions compute{.rewrite = true};

  // One batch in this many of each model is run with every activation timed on its own; 0 profiles
  // none, and then fused activations have no latency of their own.
  size_t profile_every = 256;

  // Of every request, and of what each reactor may have waiting; a model's options may set lower
  // ones for its own.
  RequestLimits limits;

  size_t max_message_bytes = 64 << 20;       // of a request, and of an answer's floats; at least 1
  size_t max_model_bytes = size_t{1} << 30;  // of a model file

  // Memory that the process should stay below; 0: what its cgroup allows.
  size_t max_memory_bytes = 0;

  // Seconds between answering health checks with NOT_SERVING and refusing requests, at shutdown.
  double drain_wait_seconds = 0;

  // Seconds that requests in flight get to finish after that; the rest are cancelled.
  double drain_seconds = 10;

  LogFormat log_format = LogFormat::kText;

  // Of the inference requests, the share that is logged.
  double access_log = 0;

  // Warnings about the command line, which is valid all the same.
  std::vector<std::string> warnings;
};

// A parsed command line: a server with these options, or only a text, such as the help.
struct CommandLine {
  std::optional<Options> options;
  std::string text;
};

// Parses the command line; addresses in it become canonical, and nothing is looked up.
// INVALID_ARGUMENT with a message for the user when it makes no sense.
absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv);

}  // namespace hillock

#endif  // HILLOCK_SERVER_OPTIONS_H_
