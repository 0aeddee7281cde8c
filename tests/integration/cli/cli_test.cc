// SPDX-License-Identifier: Apache-2.0

// The command line client against a running server.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "server/core/activation/activation.h"
#include "tests/integration/support/examples.h"
#include "tests/integration/support/some_models.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace hillock::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Runs a command of the client.
End RunClient(std::vector<std::string> words, const std::string& input = "/dev/null") {
  words.insert(words.begin(), HILLOCK_CLIENT_BINARY);
  return RunToEnd(words, input);
}

json ToJson(const End& end) { return json::parse(end.output, nullptr, false); }

// Runs a command that calls the shared server.
End Ask(std::vector<std::string> words, const std::string& input = "/dev/null") {
  words.insert(words.end(), {"--server", ServerProcess::Shared().address()});
  return RunClient(words, input);
}

std::string HeldOut(const std::string& model, const std::string& file = "held_out.csv") {
  return HILLOCK_MODELS "/" + model + "/" + file;
}

TEST(CliPredictTest, ShowsLabelsAndAccuracy) {
  const End end = Ask({"predict", "iris", "--input", HeldOut("iris"), "--limit", "2"});
  EXPECT_EQ(end.code, 0) << end.errors;
  EXPECT_THAT(end.output, AllOf(HasSubstr("virginica"), HasSubstr("setosa"),
                                HasSubstr("held-out accuracy: 1.0000 (n=2)\n")));
}

TEST(CliPredictTest, MeasuresTheTrainersAccuracy) {
  for (const std::string& model : ExampleNames()) {
    const Example& example = FindExample(model);
    if (!example.is_first) continue;  // it is judged by one label a row
    std::vector<std::string> words = {"predict", model, "--quiet", "--json", "--input"};
    if (model == "fashion-mnist") {
      words.insert(words.end(), {HeldOut(model, "held_out.npy"), "--labels",
                                 HeldOut(model, "held_out_labels.csv")});
    } else {
      words.push_back(HeldOut(model));
    }
    const End end = Ask(words);
    ASSERT_EQ(end.code, 0) << model << ": " << end.errors;
    const json answer = ToJson(end);
    const json& judged = answer.contains("outputs") ? answer.at("outputs")[0] : answer;
    const double n = static_cast<double>(example.count());
    EXPECT_EQ(judged.at("n"), example.count()) << model;
    EXPECT_DOUBLE_EQ(judged.at("accuracy").get<double>() * n, static_cast<double>(example.correct))
        << model;
  }
}

TEST(CliPredictTest, WritesJson) {
  const Example& digits = FindExample("digits-relu");
  const End end = Ask({"predict", "digits-relu", "--json", "--limit", "5"}, HeldOut("digits-relu"));
  ASSERT_EQ(end.code, 0) << end.errors;
  const json answer = ToJson(end);
  EXPECT_EQ(answer.at("model"), "digits-relu");
  ASSERT_EQ(answer.at("rows").size(), 5u);
  for (size_t i = 0; i < 5; ++i) {
    const json& row = answer.at("rows")[i];
    EXPECT_EQ(row.at("label"), digits.predicted[i]);
    EXPECT_EQ(row.at("expected"), digits.labels[i]);
    ASSERT_EQ(row.at("probabilities").size(), 10u);
    for (size_t j = 0; j < 10; ++j) {
      EXPECT_NEAR(row.at("probabilities")[j].get<double>(), digits.expected[10 * i + j], 1e-5);
    }
  }
}

TEST(CliPredictTest, SaysWhatTheServerSays) {
  const End end = Ask({"predict", "nobody", "--input", HeldOut("iris")});
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.output, IsEmpty());
  EXPECT_THAT(end.errors, AllOf(HasSubstr("NOT_FOUND"), HasSubstr("unknown model: 'nobody'")));
}

TEST(CliPredictTest, SaysWhatIsWrongWithTheInput) {
  const End end = Ask({"predict", "digits-relu", "--input", HeldOut("iris")});
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.errors, AllOf(HasSubstr("INVALID_ARGUMENT"), HasSubstr("64")));
}

TEST(CliModelsTest, ListsWhatServesAndWhatDoesNot) {
  const SomeModels models{"iris", "digits-relu"};
  models.Add("broken", "no model");
  ServerProcess server(models.path());
  const End table = RunClient({"models", "--server", server.address()});
  EXPECT_EQ(table.code, 0) << table.errors;
  EXPECT_THAT(table.output, AllOf(HasSubstr("digits-relu"), HasSubstr("READY"),
                                  HasSubstr("UNAVAILABLE"), HasSubstr("not a model.mlp")));
  const json list = ToJson(RunClient({"models", "--json", "--server", server.address()}));
  ASSERT_EQ(list.at("models").size(), 3u);
  EXPECT_EQ(list.at("models")[0].at("name"), "broken");
  EXPECT_EQ(list.at("models")[2].at("inputs")[0].at("shape"), json({-1, 4}));
}

TEST(CliModelsTest, LoadsAndUnloadsWhereCallersDecide) {
  const SomeModels models{"iris"};
  models.Add("broken", "no model");
  ServerProcess server(models.path(), {"--model-control", "explicit"});
  const auto change = [&](const char* flag, const char* model) {
    return RunClient({"models", flag, model, "--server", server.address()});
  };
  const End loaded = change("--load", "iris");
  EXPECT_EQ(loaded.code, 0) << loaded.errors;
  EXPECT_THAT(loaded.output, ContainsRegex("iris +1 +READY"));
  EXPECT_THAT(Infer(server, MakeRequest("iris", 4, std::vector<float>(4))), IsOk());
  const End unloaded = change("--unload", "iris");
  EXPECT_EQ(unloaded.code, 0) << unloaded.errors;
  EXPECT_THAT(unloaded.output, ContainsRegex("iris +UNAVAILABLE .*it is not loaded"));
  const End broken = change("--load", "broken");
  EXPECT_EQ(broken.code, 1);
  EXPECT_THAT(broken.output, IsEmpty());
  EXPECT_THAT(broken.errors,
              AllOf(HasSubstr("failed to load 'broken': "), HasSubstr("not a model.mlp")));
  const End unknown = change("--unload", "nobody");
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.errors, HasSubstr("hillock: NOT_FOUND: failed to unload 'nobody': "));
}

TEST(CliModelsTest, LoadsNothingWhereCallersDoNotDecide) {
  const End end = Ask({"models", "--load", "iris"});
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.output, IsEmpty());
  EXPECT_THAT(end.errors, HasSubstr("explicit model load / unload is not allowed: model control "
                                    "is off"));
}

TEST(CliTokenTest, EverySubcommandSendsIt) {
  const SomeModels models{"iris"};
  const TemporaryFolder folder;
  folder.Write("tokens", "web web-s3cret-0123456789\n");
  folder.Write("token", "web-s3cret-0123456789\n");
  ServerProcess server(models.path(), {"--auth-tokens", folder.Path("tokens")});
  const std::vector<std::string> commands[] = {
      {"models"},
      {"predict", "iris", "--input", HeldOut("iris")},
      {"load", "iris", "--duration", "0.1", "--warm-up", "0"},
      {"load", "iris", "--duration", "0.1", "--warm-up", "0", "--burst", "1"}};
  for (std::vector<std::string> words : commands) {
    words.insert(words.end(), {"--server", server.address()});
    const End without = RunClient(words);
    EXPECT_EQ(without.code, 1) << words.front();
    EXPECT_THAT(without.errors, HasSubstr("UNAUTHENTICATED: got no token"));
    words.insert(words.end(), {"--token-file", folder.Path("token")});
    const End with = RunClient(words);
    EXPECT_EQ(with.code, 0) << words.front() << ": " << with.errors;
    EXPECT_THAT(with.output + with.errors, Not(HasSubstr("s3cret")));
  }
  const End by_variable = RunToEnd({"env", "HILLOCK_TOKEN=web-s3cret-0123456789",
                                    HILLOCK_CLIENT_BINARY, "models", "--server", server.address()});
  EXPECT_EQ(by_variable.code, 0) << by_variable.errors;
  EXPECT_EQ(RunClient({"health", "--server", server.address()}).code, 0) << "it needs none";
}

TEST(CliVersionTest, IsAWordOrAnOption) {
  const End word = RunClient({"version"});
  EXPECT_EQ(word.code, 0) << word.errors;
  EXPECT_THAT(word.output, ContainsRegex("^[0-9]+[.][0-9]+[.][0-9]+\n$"));
  EXPECT_EQ(RunClient({"--version"}).output, word.output);
  EXPECT_EQ(RunToEnd({ServerBinary(), "--version"}).output, word.output);
}

TEST(CliHealthTest, TellsByItsExitCode) {
  const End server = Ask({"health"});
  EXPECT_EQ(server.code, 0);
  EXPECT_EQ(server.output, "SERVING\n");
  EXPECT_EQ(Ask({"health", "--service", "iris"}).code, 0);
  EXPECT_EQ(Ask({"health", "--service", "nobody"}).code, 1);
}

TEST(CliHealthTest, FailsWhereNobodyServes) {
  const End end = RunClient({"health", "--timeout", "5", "--server", "127.0.0.1:1"});
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.errors, HasSubstr("UNAVAILABLE"));
}

TEST(CliStatsTest, ShowsWhatWasAsked) {
  const SomeModels models{"iris"};
  ServerProcess server(models.path());
  ASSERT_THAT(Infer(server, MakeRequest("iris", 4, std::vector<float>(12))), IsOk());
  const End table = RunClient({"stats", "--metrics", server.http_address()});
  EXPECT_EQ(table.code, 0) << table.errors;
  EXPECT_THAT(table.output, AllOf(HasSubstr("tanh"), HasSubstr("softmax"), HasSubstr("iris")));
  const json stats = ToJson(RunClient({"stats", "--json", "--metrics", server.http_address()}));
  ASSERT_EQ(stats.at("models").size(), 1u);
  EXPECT_EQ(stats.at("models")[0].at("model"), "iris");
  EXPECT_EQ(stats.at("models")[0].at("rows"), 3);
  ASSERT_EQ(stats.at("activations").size(), 2u);
  for (const json& activation : stats.at("activations")) {
    const bool hidden = activation.at("activation") == "tanh";
    EXPECT_EQ(activation.at("elements"), 3 * (hidden ? 16 : 3));
  }
}

TEST(CliActivationsTest, ShowsTheTable) {
  const End table = RunClient({"activations"});
  EXPECT_EQ(table.code, 0) << table.errors;
  const json list = ToJson(RunClient({"activations", "--json"}));
  ASSERT_EQ(list.at("activations").size(), activation::All().size());
  for (const activation::Spec& spec : activation::All()) {
    EXPECT_THAT(table.output, HasSubstr(fmt::format("\n{} ", spec.name)));
    EXPECT_EQ(list.at("activations")[spec.index].at("formula"), spec.formula);
  }
  EXPECT_THAT(RunClient({"activations", "elu"}).output, HasSubstr("eltwise_elu, alpha = 1"));
}

TEST(CliActivationsTest, RefusesAnUnknownName) {
  const End end = RunClient({"activations", "sine"});
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.errors, AllOf(HasSubstr("NOT_FOUND"), HasSubstr("got activation 'sine'")));
}

TEST(CliPlotTest, DrawsAnActivation) {
  const End end = Ask({"plot", "ncu"});
  EXPECT_EQ(end.code, 0) << end.errors;
  EXPECT_THAT(end.output,
              AllOf(HasSubstr("ncu: y over x, model curve-ncu version 1\n"),
                    HasSubstr("slope of y\n"), HasSubstr("flat (|slope| < 0.001): nowhere\n")));
}

// Whether f' changes so much around x that a difference over two steps says little of it.
bool Bends(const activation::Spec& spec, double x, double step) {
  const activation::Params params = *activation::ResolveParams(spec, {});
  const double slopes = spec.derivative(x + step, params) - spec.derivative(x - step, params);
  const double values = spec.reference(x + step, params) - spec.reference(x - step, params);
  return std::abs(slopes) > 0.5 || std::abs(values) > 0.5;
}

bool IsInDomain(const activation::Spec& spec, double x, double step) {
  const activation::Params params = *activation::ResolveParams(spec, {});
  return !std::isnan(spec.reference(x - step, params)) &&
         !std::isnan(spec.reference(x + step, params));
}

// The differences of the server's answers are the table's derivative.
TEST(CliPlotTest, FindsTheDerivativeOfEveryActivation) {
  constexpr double kStep = 4.0 / 4096;
  for (const activation::Spec& spec : activation::All()) {
    if (spec.scope == activation::Scope::kRow) continue;
    const std::string name(spec.name);
    const End end = Ask({"plot", name, "--from", "-2", "--to", "2", "--points", "4097", "--json"});
    ASSERT_EQ(end.code, 0) << name << ": " << end.errors;
    const json points = ToJson(end).at("points");
    ASSERT_EQ(points.size(), 4097u);
    size_t compared = 0;
    size_t left_out = 0;
    for (size_t i = 1; i + 1 < points.size(); ++i) {
      const double x = points[i].at("x").get<double>();
      if (!IsInDomain(spec, x, kStep)) continue;
      if (Bends(spec, x, kStep)) {
        ++left_out;
        continue;
      }
      const double want = spec.derivative(x, *activation::ResolveParams(spec, {}));
      EXPECT_NEAR(points[i].at("slope").get<double>(), want, 3e-3 * std::max(1.0, std::abs(want)))
          << name << " at " << x;
      ++compared;
    }
    EXPECT_GT(compared, 8 * left_out) << name;
  }
}

TEST(CliPlotTest, WritesAnSvg) {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "tanh.svg").string();
  const End end = Ask({"plot", "curve-tanh", "--svg", path});
  EXPECT_EQ(end.code, 0) << end.errors;
  std::ifstream file(path);
  const std::string svg(std::istreambuf_iterator<char>(file), {});
  EXPECT_THAT(svg, AllOf(HasSubstr("<svg xmlns="), HasSubstr("class=\"saturated\""),
                         HasSubstr("</svg>\n")));
}

TEST(CliPlotTest, SweepsAColumnOfAModel) {
  const json curve = ToJson(Ask({"plot", "iris", "--input", "2", "--output", "1", "--from", "1",
                                 "--to", "7", "--row", HeldOut("iris"), "--json"}));
  EXPECT_EQ(curve.at("input"), "input[2]");
  EXPECT_EQ(curve.at("output"), "probabilities[1]");
  EXPECT_EQ(curve.at("points").size(), 481u);
}

TEST(CliPlotTest, SaysWhatIsMissing) {
  EXPECT_THAT(Ask({"plot", "iris"}).errors, HasSubstr("got no --input, want --input 0 to 3"));
  EXPECT_THAT(Ask({"plot", "nobody"}).errors, HasSubstr("unknown model: 'nobody'"));
  EXPECT_EQ(Ask({"plot", "iris"}).code, 1);
}

TEST(CliUsageTest, IsExplained) {
  const std::vector<std::vector<std::string>> wrong = {{},
                                                       {"juggle"},
                                                       {"predict"},
                                                       {"predict", "iris", "--limit", "none"},
                                                       {"health", "--server"},
                                                       {"plot"}};
  for (const auto& words : wrong) {
    const End end = RunClient(words);
    EXPECT_EQ(end.code, 2) << (words.empty() ? "" : words.back());
    EXPECT_THAT(end.output, IsEmpty());
    EXPECT_THAT(end.errors, HasSubstr("--help"));
  }
  EXPECT_THAT(RunClient({"predct"}).errors, HasSubstr("did you mean predict?"));
  EXPECT_EQ(RunClient({"--version"}).code, 0);
  const End help = RunClient({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.output, AllOf(HasSubstr("predict"), HasSubstr("stats")));
}

// What is written to a full disk is no success.
TEST(CliOutputTest, MustArrive) {
  const std::string server = " --server " + ServerProcess::Shared().address();
  const std::vector<std::string> commands = {
      "models" + server, "models --json" + server,
      "health" + server, "predict iris --input " + HeldOut("iris") + server,
      "activations",     "--help"};
  for (const std::string& command : commands) {
    const std::string line = HILLOCK_CLIENT_BINARY " " + command + " > /dev/full";
    const End end = RunToEnd({"/bin/sh", "-c", line});
    EXPECT_EQ(end.code, 1) << line;
    EXPECT_THAT(end.errors, HasSubstr("cannot write to standard output")) << line;
  }
}

}  // namespace
}  // namespace hillock::testing
