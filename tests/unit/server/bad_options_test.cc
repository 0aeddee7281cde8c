// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "server/options.h"
#include "tests/support/status_matchers.h"

namespace hillock {
namespace {

using ::hillock::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

struct BadLine {
  std::string name;
  std::vector<std::string> arguments;
  std::string message;  // what the error names
};

std::ostream& operator<<(std::ostream& out, const BadLine& bad) { return out << bad.name; }

class ParseBadCommandLine : public ::testing::TestWithParam<BadLine> {};

TEST_P(ParseBadCommandLine, NamesTheFault) {
  std::vector<const char*> argv = {"hillock-server"};
  if (GetParam().name != "no_repository") argv.insert(argv.end(), {"--repository", "models"});
  for (const std::string& argument : GetParam().arguments) argv.push_back(argument.c_str());
  EXPECT_THAT(ParseCommandLine(static_cast<int>(argv.size()), argv.data()),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr(GetParam().message), HasSubstr("--help"))));
}

INSTANTIATE_TEST_SUITE_P(
    Each, ParseBadCommandLine,
    ::testing::Values(
        BadLine{"no_repository", {}, "--repository"},
        BadLine{"unknown_option", {"--models", "x"}, "unknown option '--models'"},
        BadLine{"stray_argument", {"models"}, "models"},
        BadLine{"missing_value", {"--reactors"}, "--reactors"},
        BadLine{"listen_host",
                {"--listen", "0.0.0.0"},
                "--listen: got '0.0.0.0', want HOST:PORT, [IPV6]:PORT, PORT, unix:PATH or "
                "unix-abstract:NAME: the port is missing"},
        BadLine{"listen_port", {"--listen", "127.0.0.1:99999"}, "port 99999 is over 65535"},
        BadLine{"listen_scheme", {"--listen", "http://127.0.0.1:8001"}, "leave out 'http://'"},
        BadLine{"listen_path",
                {"--listen", "unix:" + std::string(150, 'x')},
                "the path has 150 bytes, at most 107 fit"},
        BadLine{"listen_empty", {"--listen", ""}, "--listen: got '', want HOST:PORT"},
        BadLine{"http_host",
                {"--http-listen", "0.0.0.0"},
                "--http-listen: got '0.0.0.0', want HOST:PORT"},
        BadLine{"http_two", {"--http-listen", "1,2"}, "--http-listen: got '1,2'"},
        BadLine{
            "reactors_text", {"--reactors", "abc"}, "--reactors: got 'abc', want a whole number"},
        BadLine{
            "reactors_space", {"--reactors", "1 "}, "--reactors: got '1 ', want a whole number"},
        BadLine{"reactors_plus", {"--reactors", "+1"}, "--reactors: got '+1', want a whole number"},
        BadLine{"reactors_empty", {"--reactors", ""}, "--reactors"},
        BadLine{"bytes_unit",
                {"--max-message-bytes", "100MX"},
                "--max-message-bytes: got '100MX', want a whole number of bytes"},
        BadLine{"bytes_case", {"--max-message-bytes", "100mb"}, "such as 1000000, 100MB or 64MiB"},
        BadLine{"bytes_fraction", {"--max-memory-bytes", "1.5GiB"}, "got '1.5GiB'"},
        BadLine{"bytes_no_number", {"--max-memory-bytes", "GiB"}, "got 'GiB'"},
        BadLine{"bytes_over_64_bits",
                {"--max-memory-bytes", "18446744073709551615GiB"},
                "--max-memory-bytes"},
        BadLine{"bytes_over_the_most", {"--max-message-bytes", "2GiB"}, "to 2147483647"},
        BadLine{"connections_negative", {"--max-connections", "-1"}, "--max-connections"},
        BadLine{"age_nan", {"--max-connection-age", "nan"}, "--max-connection-age"},
        BadLine{"age_long", {"--max-connection-age", "31536001"}, "0 to 31536000 seconds"},
        BadLine{"reactors_negative", {"--reactors", "-1"}, "--reactors"},
        BadLine{"reactors_fraction", {"--reactors", "1.5"}, "--reactors"},
        BadLine{"reactors_too_many", {"--reactors", "1025"}, "--reactors"},
        BadLine{"busy_poll_negative", {"--busy-poll-seconds", "-1e-6"}, "--busy-poll-seconds"},
        BadLine{"busy_poll_long", {"--busy-poll-seconds", "0.011"}, "0 to 0.01 seconds"},
        BadLine{"busy_poll_nan", {"--busy-poll-seconds", "nan"}, "--busy-poll-seconds"},
        BadLine{"backend", {"--backend", "gpu"}, "--backend"},
        BadLine{"backend_case", {"--backend", "OneDNN"}, "--backend"},
        BadLine{"model_control", {"--model-control", "auto"}, "--model-control"},
        BadLine{"poll_zero", {"--poll-seconds", "0"}, "--poll-seconds"},
        BadLine{"poll_nan", {"--poll-seconds", "nan"}, "--poll-seconds"},
        BadLine{"load_model_without_control",
                {"--load-model", "cat"},
                "--load-model: needs --model-control explicit"},
        BadLine{"load_model_when_polling",
                {"--model-control", "poll", "--load-model", "cat"},
                "--load-model: needs --model-control explicit"},
        BadLine{"precision", {"--precision", "f16"}, "--precision"},
        BadLine{"precision_case", {"--precision", "BF16"}, "--precision"},
        BadLine{"profile_negative", {"--profile-every", "-1"}, "--profile-every"},
        BadLine{"profile_text", {"--profile-every", "often"}, "--profile-every"},
        BadLine{"max_rows_zero", {"--max-rows", "0"}, "--max-rows"},
        BadLine{"max_rows_huge", {"--max-rows", "1073741825"}, "--max-rows"},
        BadLine{"message_zero", {"--max-message-bytes", "0"}, "--max-message-bytes"},
        BadLine{"message_over_2_gib", {"--max-message-bytes", "2147483648"}, "--max-message-bytes"},
        BadLine{"model_bytes_negative", {"--max-model-bytes", "-5"}, "--max-model-bytes"},
        BadLine{"model_bytes_beyond_64_bits",
                {"--max-model-bytes", "18446744073709551616"},
                "--max-model-bytes"},
        BadLine{"drain_negative", {"--drain-seconds", "-0.1"}, "--drain-seconds"},
        BadLine{"drain_too_long", {"--drain-wait", "3601"}, "--drain-wait"},
        BadLine{"drain_nan", {"--drain-wait", "nan"}, "--drain-wait"},
        BadLine{"metrics_compat", {"--metrics-compat", "statsd"}, "--metrics-compat"},
        BadLine{"log_format", {"--log-format", "xml"}, "--log-format"}),
    ::testing::PrintToStringParamName());

}  // namespace
}  // namespace hillock
