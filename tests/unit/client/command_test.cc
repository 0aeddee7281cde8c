#include "client/command.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "client/tensor.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client/fake_server.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

using grpc::health::v1::HealthCheckResponse;

// What a command line did.
struct Outcome {
  bool usage_error = false;
  absl::Status status;
  std::string out;
  std::string progress;  // what it wrote to a terminal meanwhile
};

class CommandTest : public ::testing::Test {
 protected:
  CommandTest()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ("hillock-command-" + std::to_string(::getpid()))) {
    std::filesystem::create_directory(folder_);
  }
  ~CommandTest() override { std::filesystem::remove_all(folder_); }

  std::string File(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return (folder_ / name).string();
  }

  // Runs `hillock` with `arguments`.
  static Outcome Run(std::vector<std::string> arguments) {
    CLI::App app;
    Command chosen;
    AddCommands(app, chosen);
    app.require_subcommand(1);
    std::reverse(arguments.begin(), arguments.end());
    try {
      app.parse(arguments);
    } catch (const CLI::ParseError&) {
      return {true, absl::OkStatus(), "", ""};
    }
    std::ostringstream out;
    std::ostringstream progress;
    const absl::Status status = chosen({out, Ink::kPlain, Charset::kAscii, &progress});
    return {false, status, out.str(), progress.str()};
  }

  // Runs it against the fake server.
  Outcome Call(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--server", server_.address()});
    return Run(arguments);
  }

  Outcome Predict(const std::string& model, const std::string& csv,
                  std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"predict", model, "--input", File("rows.csv", csv)});
    return Call(more);
  }

  // A short load, one request at a time.
  Outcome Load(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"load"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const bool sweeps = std::ranges::find(more, "--outstanding") != more.end();
    if (!sweeps) arguments.insert(arguments.end(), {"--outstanding", "1"});
    arguments.insert(arguments.end(), {"--connections", "1", "--warm-up", "0.01", "--duration",
                                       "0.02", "--timeout", "5"});
    return Call(arguments);
  }

  FakeServer server_;
  std::filesystem::path folder_;
};

constexpr char kLabelled[] = "a,b,label\n0.9,0.1,left\n0.2,0.8,right\n0.4,0.6,left\n";

TEST_F(CommandTest, PredictPrintsATableAndTheAccuracy) {
  const Outcome outcome = Predict("sign", kLabelled);
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.out,
            "row  label   prob  top 2                       expected\n"
            "  0  left   90.0%  left   90.0%  right  10.0%  left \u2713\n"
            "  1  right  80.0%  right  80.0%  left   20.0%  right \u2713\n"
            "  2  right  60.0%  right  60.0%  left   40.0%  left \u2717\n"
            "\n"
            "held-out accuracy: 0.6667 (n=3)\n");
}

TEST_F(CommandTest, PredictQuietPrintsOnlyTheAccuracy) {
  EXPECT_EQ(Predict("sign", kLabelled, {"--quiet"}).out, "held-out accuracy: 0.6667 (n=3)\n");
  EXPECT_EQ(Predict("sign", "1,2\n", {"--quiet"}).out, "");
}

TEST_F(CommandTest, PredictTakesAPartOfTheRows) {
  const Outcome outcome = Predict("sign", kLabelled, {"--offset", "1", "--limit", "1"});
  EXPECT_THAT(outcome.out, HasSubstr("  1  right"));
  EXPECT_THAT(outcome.out, HasSubstr("held-out accuracy: 1.0000 (n=1)"));
}

TEST_F(CommandTest, PredictSendsTheVersionAndTheBatchesAskedFor) {
  ASSERT_THAT(Predict("sign", kLabelled, {"--version", "3", "--batch", "2"}).status, IsOk());
  ASSERT_EQ(server_.requests().size(), 2u);
  EXPECT_EQ(server_.requests()[0].model_version(), "3");
}

TEST_F(CommandTest, PredictTakesLabelsFromAFile) {
  const std::string labels = File("labels.csv", "label\nright\n");
  EXPECT_EQ(Predict("sign", "1,2\n", {"--labels", labels, "--quiet"}).out,
            "held-out accuracy: 1.0000 (n=1)\n");
}

TEST_F(CommandTest, PredictPrintsTheOutputsOfAModelWithoutLabels) {
  EXPECT_EQ(Predict("sum", "1,2\n3,4.5\n").out, "row    y\n  0    3\n  1  7.5\n");
  EXPECT_THAT(Predict("sum", "0,1,1\n0,0,0\n").out, HasSubstr("held-out accuracy: 1.0000 (n=2)"));
}

TEST_F(CommandTest, PredictPrintsEveryOutput) {
  EXPECT_EQ(Predict("both", "a,b,label\n0.9,0.1,left\n").out,
            "output y\n"
            "row  y\n"
            "  0  1\n"
            "\n"
            "output p\n"
            "row  label   prob  top 2                       expected\n"
            "  0  left   90.0%  left   90.0%  right  10.0%  left \u2713\n"
            "\n"
            "held-out accuracy: 1.0000 (n=1)\n");
  const auto json = nlohmann::json::parse(Predict("both", kLabelled, {"--json", "--quiet"}).out);
  EXPECT_EQ(json["outputs"][1].dump(), R"({"accuracy":0.6666666666666666,"n":3,"output":"p"})");
}

TEST_F(CommandTest, PlotCountsColumnsThroughAllOutputs) {
  EXPECT_THAT(Call({"plot", "both", "--input", "0", "--output", "2"}).out,
              HasSubstr("both: p[1] over x[0], model both"));
  EXPECT_THAT(Call({"plot", "both", "--input", "0", "--output", "3"}).status,
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("want --output 0 to 2: output 'y' has 1 columns, output 'p' has "
                                 "2 columns")));
}

TEST_F(CommandTest, PredictDrawsRows) {
  const Outcome outcome = Predict("sign", kLabelled, {"--draw", "1x2", "--limit", "1"});
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_THAT(outcome.out, HasSubstr("@@      row 0\n"));
  EXPECT_THAT(outcome.out, HasSubstr("left  ######"));
  EXPECT_THAT(outcome.out, HasSubstr("\n\nheld-out accuracy: 1.0000 (n=1)\n"));
}

TEST_F(CommandTest, PredictSpeaksJson) {
  const auto json = nlohmann::json::parse(Predict("sign", kLabelled, {"--json"}).out);
  EXPECT_EQ(json["version"], "3");
  EXPECT_EQ(json["rows"].size(), 3u);
  EXPECT_EQ(json["rows"][2]["expected"], "left");
  EXPECT_EQ(json["n"], 3);
  const auto quiet = nlohmann::json::parse(Predict("sign", kLabelled, {"--json", "--quiet"}).out);
  EXPECT_FALSE(quiet.contains("rows"));
}

TEST_F(CommandTest, PredictSaysWhatIsWrong) {
  EXPECT_THAT(
      Predict("nope", "1,2\n").status,
      StatusIs(absl::StatusCode::kNotFound, HasSubstr("model 'nope' is not in the repository")));
  EXPECT_THAT(
      Predict("sign", "1,2,3,4\n").status,
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("got 4 columns, want 2 features")));
  EXPECT_THAT(Predict("sign", "1,2\n", {"--draw", "8x8"}).status,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("got 64 pixels, want 2")));
  EXPECT_THAT(Predict("sign", "1,2\n", {"--offset", "1"}).status,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("there are only 1 rows")));
  EXPECT_THAT(Call({"predict", "sign", "--input", "/nowhere"}).status,
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/nowhere")));
}

TEST_F(CommandTest, ModelsListsStatesTensorsAndReasons) {
  EXPECT_EQ("\n" + Call({"models"}).out, R"(
model   version  state        input           outputs                           reason
broken        3  UNAVAILABLE                                                    checksum is off
sign          3  READY        x FP32 [-1, 2]  p FP32 [-1, 2]; label BYTES [-1]
)");
}

TEST_F(CommandTest, ModelsLoadsOrUnloadsOneBeforeItLists) {
  const Outcome loaded = Call({"models", "--load", "sum"});
  EXPECT_THAT(loaded.status, IsOk());
  EXPECT_EQ(loaded.out, Call({"models"}).out);
  EXPECT_THAT(Call({"models", "--unload", "sign", "--json"}).status, IsOk());
  EXPECT_THAT(server_.orders(), ElementsAre("load sum", "unload sign"));
}

TEST_F(CommandTest, ModelsListsNothingWhenTheServerRefuses) {
  for (const char* flag : {"--load", "--unload"}) {
    const Outcome refused = Call({"models", flag, "nobody"});
    EXPECT_THAT(refused.status, StatusIs(absl::StatusCode::kNotFound, HasSubstr("nobody")));
    EXPECT_EQ(refused.out, "");
  }
}

TEST_F(CommandTest, ModelsSpeaksJson) {
  const auto json = nlohmann::json::parse(Call({"models", "--json"}).out);
  EXPECT_EQ(json["models"][0]["reason"], "checksum is off");
  EXPECT_EQ(json["models"][1]["inputs"][0]["shape"], nlohmann::json({-1, 2}));
  EXPECT_EQ(json["models"][1]["outputs"][1]["datatype"], "BYTES");
}

TEST_F(CommandTest, HealthIsOkOnlyWhenServing) {
  const Outcome serving = Call({"health"});
  EXPECT_THAT(serving.status, IsOk());
  EXPECT_EQ(serving.out, "SERVING\n");
  server_.set_health(HealthCheckResponse::NOT_SERVING);
  const Outcome not_serving = Call({"health", "--service", "sign"});
  EXPECT_THAT(not_serving.status,
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("'sign' is NOT_SERVING")));
  EXPECT_EQ(not_serving.out, "NOT_SERVING\n");
}

TEST_F(CommandTest, HealthSpeaksJson) {
  EXPECT_EQ(nlohmann::json::parse(Call({"health", "--json"}).out)["status"], "SERVING");
}

TEST_F(CommandTest, HealthOfSomethingUnknownIsAnError) {
  const Outcome outcome = Call({"health", "--service", "nope"});
  EXPECT_THAT(outcome.status, StatusIs(absl::StatusCode::kNotFound, HasSubstr("nope")));
  EXPECT_EQ(outcome.out, "");
}

TEST_F(CommandTest, HealthWaitsForAServerThatComesUp) {
  auto gone = std::make_unique<FakeServer>();
  const int port = gone->port();
  const std::string address = gone->address();
  gone.reset();
  auto waiting = std::async(std::launch::async, [address] {
    return Run({"health", "--wait", "20", "--server", address});
  });
  const FakeServer late(port);
  const Outcome outcome = waiting.get();
  EXPECT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.out, "SERVING\n");
}

TEST_F(CommandTest, LoadCountsWhatTheServerAnswered) {
  const Outcome outcome = Load({"sum", "--json"});
  ASSERT_THAT(outcome.status, IsOk());
  const auto run = nlohmann::json::parse(outcome.out)["runs"][0];
  EXPECT_GT(run["requests"], 0);
  EXPECT_EQ(run["codes"]["OK"]["requests"], run["requests"]);
  EXPECT_GT(server_.requests().size(), run["requests"].get<size_t>()) << "the warm-up's as well";
}

TEST_F(CommandTest, LoadSendsTheRowsOfAFile) {
  ASSERT_THAT(Load({"sum", "--input", File("rows.csv", kLabelled), "--rows", "2"}).status, IsOk());
  ASSERT_GE(server_.requests().size(), 2u);
  EXPECT_EQ(server_.requests()[0].raw_input_contents(0), EncodeFloats({{0.9f, 0.1f, 0.2f, 0.8f}}));
  EXPECT_EQ(server_.requests()[1].raw_input_contents(0), EncodeFloats({{0.4f, 0.6f, 0.9f, 0.1f}}));
}

TEST_F(CommandTest, LoadSweeps) {
  const Outcome outcome = Load({"sum", "--outstanding", "1,1"});
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_THAT(outcome.out, MatchesRegex("sum: 1 row a request, 1 connection, 1 thread, 0.02 s "
                                        "after 0.01 s of warm-up\n\noutstanding  code .*\n"
                                        "          1  OK .*\n          1  OK .*\n"));
}

TEST_F(CommandTest, LoadWipesItsProgressAndShowsNoneWithJson) {
  EXPECT_TRUE(Load({"sum"}).progress.ends_with("\r\x1b[K"));
  EXPECT_EQ(Load({"sum", "--json"}).progress, "");
}

TEST_F(CommandTest, LoadSaysWhatIsWrong) {
  EXPECT_THAT(Load({"nope"}).status, StatusIs(absl::StatusCode::kNotFound,
                                              HasSubstr("model 'nope' is not in the repository")));
  EXPECT_THAT(
      Load({"sum", "--input", File("rows.csv", "1,2,3,4\n")}).status,
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("got 4 columns, want 2 features")));
  EXPECT_THAT(
      Load({"sum", "--rows", "200000000"}).status,
      StatusIs(
          absl::StatusCode::kInvalidArgument,
          HasSubstr("--rows 200000000: got 400000000 floats a request, want at most 268435456")));
  EXPECT_THAT(Load({"sum", "--metrics", "127.0.0.1:1"}).status,
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("http://127.0.0.1:1/metrics")));
  server_.set_tamper(
      [](auto&) { return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "queue full"); });
  const Outcome refused = Load({"sum"});
  EXPECT_THAT(refused.status,
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("no request succeeded")));
  EXPECT_THAT(refused.out, HasSubstr("RESOURCE_EXHAUSTED: queue full\n"));
}

TEST_F(CommandTest, RefusesLoadsThatMakeNoSense) {
  const std::vector<std::string> cases[] = {{},
                                            {"--outstanding", "0"},
                                            {"--outstanding", "1,,4"},
                                            {"--outstanding", "1,4", "--rate", "10"},
                                            {"--rate", "0"},
                                            {"--rate", "-5"},
                                            {"--rate", "nan"},
                                            {"--arrivals", "poisson"},
                                            {"--rate", "5", "--arrivals", "weekly"},
                                            {"--connections", "0"},
                                            {"--burst", "0"},
                                            {"--burst", "2", "--rate", "10"},
                                            {"--threads", "0"},
                                            {"--threads", "5"},
                                            {"--rows", "0"},
                                            {"--deadline", "0"},
                                            {"--duration", "0"},
                                            {"--duration", "nan"},
                                            {"--warm-up", "-1"},
                                            {"--seed", "-1"},
                                            {"--metrics", "unix:/x"}};
  for (std::vector<std::string> arguments : cases) {
    if (!arguments.empty()) arguments.insert(arguments.begin(), "sum");
    arguments.insert(arguments.begin(), "load");
    EXPECT_TRUE(Run(arguments).usage_error) << ::testing::PrintToString(arguments);
  }
}

TEST_F(CommandTest, RefusesCommandLinesItDoesNotKnow) {
  const std::vector<std::string> cases[] = {{},
                                            {"prophesy"},
                                            {"predict"},
                                            {"predict", "m", "--draw", "8"},
                                            {"predict", "m", "--limit", "0"},
                                            {"predict", "m", "--limit", "-1"},
                                            {"predict", "m", "--batch", "0"},
                                            {"predict", "m", "--version", "latest"},
                                            {"predict", "m", "--timeout", "0"},
                                            {"predict", "m", "extra"},
                                            {"models", "--server", "nowhere"},
                                            {"models", "--load"},
                                            {"models", "--load", ""},
                                            {"models", "--unload", ""},
                                            {"models", "--load", "a", "--unload", "b"},
                                            {"health", "--wait", "-1"},
                                            {"stats", "--metrics", "unix:/x"},
                                            {"stats", "--metrics", "host"},
                                            {"stats", "--timeout", "nan"}};
  for (const auto& arguments : cases) {
    EXPECT_TRUE(Run(arguments).usage_error) << ::testing::PrintToString(arguments);
  }
}

TEST_F(CommandTest, ActivationsShowsOneOrAll) {
  const Outcome all = Run({"activations"});
  ASSERT_THAT(all.status, IsOk());
  EXPECT_THAT(all.out, HasSubstr("\nncu "));
  const Outcome one = Run({"activations", "ncu"});
  ASSERT_THAT(one.status, IsOk());
  EXPECT_THAT(one.out, HasSubstr("x - x^3\n"));
  EXPECT_EQ(nlohmann::json::parse(Run({"activations", "ncu", "--json"}).out)
                .at("activations")[0]
                .at("name"),
            "ncu");
}

TEST_F(CommandTest, ActivationsKnowsTheNamesThatWouldBeRight) {
  EXPECT_THAT(Run({"activations", "sine"}).status,
              StatusIs(absl::StatusCode::kNotFound,
                       HasSubstr("got activation 'sine', want one of identity, step,")));
  EXPECT_TRUE(Run({"activations", "--json", "--markdown"}).usage_error);
  EXPECT_TRUE(Run({"activations", "ncu", "--markdown"}).usage_error);
}

TEST_F(CommandTest, PlotSweepsOneColumnAndKeepsTheOthers) {
  const Outcome outcome =
      Call({"plot", "sum", "--input", "1", "--row", File("rows.csv", "7,8\n1,1\n"), "--from", "-1",
            "--to", "1", "--points", "3", "--json"});
  ASSERT_THAT(outcome.status, IsOk());
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json.at("input"), "x[1]");
  EXPECT_EQ(json.at("output"), "y");
  EXPECT_EQ(json.at("points").dump(),
            R"([{"slope":1.0,"x":-1.0,"y":6.0},{"slope":1.0,"x":0.0,"y":7.0},)"
            R"({"slope":1.0,"x":1.0,"y":8.0}])");
}

TEST_F(CommandTest, PlotDrawsInTextAndAsSvg) {
  EXPECT_THAT(Call({"plot", "sum", "--input", "0"}).out, HasSubstr("sum: y over x[0], model sum"));
  const std::string path = File("sum.svg", "");
  const Outcome outcome = Call({"plot", "sum", "--input", "0", "--svg", path});
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.out, "");
  std::stringstream svg;
  svg << std::ifstream(path).rdbuf();
  EXPECT_THAT(svg.str(), HasSubstr("</svg>\n"));
}

TEST_F(CommandTest, PlotSaysWhichColumnsThereAre) {
  EXPECT_THAT(
      Call({"plot", "sum"}).status,
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("got no --input, want --input 0 to 1: model 'sum' has 2 input columns")));
  EXPECT_THAT(Call({"plot", "sum", "--input", "2"}).status,
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("got --input 2, want --input 0 to 1")));
  EXPECT_THAT(
      Call({"plot", "sign", "--input", "0"}).status,
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("got no --output, want --output 0 to 1: output 'p' has 2 columns")));
  EXPECT_THAT(Call({"plot", "sum", "--input", "0", "--row", File("rows.csv", "1\n")}).status,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("want 2")));
}

TEST_F(CommandTest, PlotRefusesRangesThatAreNone) {
  const auto refuses = [&](const std::string& from, const std::string& to, const char* why) {
    EXPECT_THAT(Call({"plot", "sum", "--input", "0", "--from", from, "--to", to}).status,
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(why)))
        << from << " to " << to;
  };
  refuses("2", "1", "got --from 2 --to 1, want floats in ascending order");
  refuses("0", "inf", "want floats in ascending order");
  refuses("0", "1e39", "want floats in ascending order");
  refuses("1", "1.0000001", "want fewer: two of them are the same float");
  EXPECT_TRUE(Call({"plot", "sum", "--points", "2"}).usage_error);
}

TEST_F(CommandTest, PlotOfAnActivationAsksItsModel) {
  EXPECT_THAT(Call({"plot", "tanh"}).status,
              StatusIs(absl::StatusCode::kNotFound,
                       HasSubstr("activation 'tanh' is drawn from the answers of model "
                                 "'curve-tanh', which the server must have")));
  EXPECT_THAT(Call({"plot", "softmax"}).status,
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("activation 'softmax' maps a row, not a number")));
}

}  // namespace
}  // namespace hillock::client
