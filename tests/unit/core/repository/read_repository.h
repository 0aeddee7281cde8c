// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_CORE_REPOSITORY_READ_REPOSITORY_H_
#define HILLOCK_TESTS_UNIT_CORE_REPOSITORY_READ_REPOSITORY_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "server/core/model/writer.h"
#include "server/core/repository/repository.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace hillock::repository {

inline constexpr size_t kNoLimit = 1 << 20;

// A version as a server that loads the highest of each model finds it.
struct Version {
  std::string model;
  int64_t number = 0;  // 0 for what is wrong with the model as a whole
  absl::StatusOr<std::shared_ptr<const model::Mlp>> mlp;
};

inline void PrintTo(const Version& version, std::ostream* out) {
  *out << version.model << " " << version.number << " " << version.mlp.status();
}

MATCHER_P2(IsServed, model, number, "") {
  *result_listener << arg.mlp.status().ToString();
  return arg.model == model && arg.number == number && arg.mlp.ok();
}

MATCHER_P4(IsRefused, model, number, code, message, "") {
  return arg.model == model && arg.number == number &&
         ::testing::ExplainMatchResult(
             ::hillock::testing::StatusIs(code, ::testing::HasSubstr(message)), arg.mlp,
             result_listener);
}

inline Version ReadHighest(const Repository& repository, const ModelListing& model) {
  if (!model.options.ok()) return {model.name, 0, model.options.status()};
  if (model.versions.empty()) return {model.name, 0, absl::NotFoundError("no version")};
  const int64_t number = model.versions.back().number;
  return {model.name, number, repository.Read(model, number)};
}

inline absl::StatusOr<std::vector<Version>> ReadAll(Repository repository) {
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<ModelListing> models, repository.List());
  std::vector<Version> versions;
  for (const ModelListing& model : models) versions.push_back(ReadHighest(repository, model));
  return versions;
}

// An ONNX model of one output that is `factor` times the input.
inline std::string OnnxOf(float factor) {
  testing::OnnxBuilder graph;
  graph.Input("x", {-1, 1}).Floats("w", {1, 1}, {factor});
  return graph.Node("MatMul", {"x", "w"}, "y").Output("y").Build();
}

// The same with its weights in a file of their own.
inline std::string OnnxBeside(const std::string& location) {
  testing::OnnxBuilder graph;
  graph.Input("x", {-1, 1}).External("w", {1, 1}, {{"location", location}});
  return graph.Node("MatMul", {"x", "w"}, "y").Output("y").Build();
}

// A folder to make repositories in.
class RepositoryFixture : public ::testing::Test {
 protected:
  // A sound model.
  void Put(const std::string& file) const {
    folder_.Write(file, model::WriteMlp(testing::MlpBuilder(2).Add(1, "relu").Build()));
  }
  void Link(const std::string& to, const std::string& from) const {
    std::filesystem::create_directories((folder_.path() / from).parent_path());
    std::filesystem::create_symlink(to, folder_.path() / from);
  }
  // Turns a link elsewhere, in one step.
  void Turn(const std::string& to, const std::string& from) const {
    Link(to, from + "-new");
    std::filesystem::rename(folder_.path() / (from + "-new"), folder_.path() / from);
  }

  auto Read(const std::string& below = "", const std::string& model_name = "") const {
    return ReadAll({folder_.Path(below), kNoLimit, {}, model_name});
  }

  testing::TemporaryFolder folder_;
};

}  // namespace hillock::repository

#endif  // HILLOCK_TESTS_UNIT_CORE_REPOSITORY_READ_REPOSITORY_H_
