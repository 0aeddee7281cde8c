// SPDX-License-Identifier: Apache-2.0

// Hostile files that have the same bytes read again and again: functions, branches and lists.

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "tests/support/hostile_onnx.h"
#include "tests/support/onnx_builder.h"

namespace hillock::testing {
namespace {

using Strings = std::vector<std::string>;

std::string At(std::string_view name, size_t i) { return fmt::format("{}{}", name, i); }

OnnxBuilder Start() {
  return OnnxBuilder().Input("x", {-1, 1}).Node("Relu", {"x"}, "y").Output("y");
}

Strings Words(size_t n) {
  Strings words;
  for (size_t i = 0; i < n; ++i) words.push_back(At("word", i));
  return words;
}

// Each function calls the one before twice.
std::string DoublingFunctions(size_t n) {
  OnnxBuilder graph = Start();
  graph.Function("f", "F0", {"a"}, {"c"}, OnnxBuilder().Node("Relu", {"a"}, "c"));
  const size_t depth = std::min<size_t>(n, 14);
  for (size_t i = 1; i <= depth; ++i) {
    const std::string before = At("F", i - 1);
    OnnxBuilder body;
    body.Node(before, {"a"}, "b", {}, "f").Node(before, {"b"}, "c", {}, "f");
    graph.Function("f", At("F", i), {"a"}, {"c"}, body);
  }
  return graph.Node(At("F", depth), {"y"}, "z", {}, "f").Output("z").Build();
}

// A node with many attributes, in the body of a function that is called again and again.
std::string LongBodies(size_t n) {
  std::vector<OnnxAttribute> attributes;
  for (size_t i = 0; i < 900; ++i) attributes.push_back(Integer(At("a", i), 1));
  OnnxBuilder graph = Start();
  graph.Function("f", "F", {"a"}, {"b"}, OnnxBuilder().Node("Relu", {"a"}, "b", attributes));
  for (size_t i = 0; i < n; ++i) graph.Node("F", {"y"}, At("u", i), {}, "f");
  return graph.Build();
}

// A long list, which many nodes of a function take from the one that calls it.
std::string SharedLists(size_t n) {
  OnnxBuilder body;
  for (size_t i = 0; i < n; ++i) {
    body.Node("ReduceSum", {"a"}, At("b", i), {Reference("axes", "list")});
  }
  OnnxBuilder graph = Start();
  graph.Function("f", "F", {"a"}, {"b0"}, body);
  const std::vector<int64_t> list(10 * n, 1);
  return graph.Node("F", {"y"}, "u", {Integers("list", list)}, "f").Build();
}

// A branch with many constants, in a function that is called again and again.
std::string LargeBranches(size_t n) {
  OnnxBuilder branch;
  for (size_t i = 0; i < n; ++i) branch.Floats(At("c", i), {1}, {1});
  branch.Node("Relu", {"a"}, "r").Output("r");
  OnnxBuilder body;
  body.Node("If", {"c"}, "b", {Branch("then_branch", branch)});
  OnnxBuilder graph = Start().Function("f", "F", {"a", "c"}, {"b"}, body);
  graph.Raw("c", onnx::DataType::kBool, {}, std::string(1, '\1'));
  for (size_t i = 0; i < n; ++i) graph.Node("F", {"y", "c"}, At("u", i), {}, "f");
  return graph.Build();
}

// Branches in branches, as deep as may be.
std::string NestedBranches(size_t n) {
  OnnxBuilder branch;
  branch.Node("Relu", {"y"}, "r").Output("r");
  for (size_t i = 0; i < 14; ++i) {
    OnnxBuilder outer;
    outer.Node("If", {"c"}, At("o", i), {Branch("then_branch", branch)}).Output(At("o", i));
    branch = outer;
  }
  OnnxBuilder graph = Start().Raw("c", onnx::DataType::kBool, {}, std::string(1, '\1'));
  for (size_t i = 0; i < n; ++i) {
    graph.Node("If", {"c"}, At("u", i), {Branch("then_branch", branch)});
  }
  return graph.Build();
}

// A long list of strings, read by many nodes.
std::string WordTables(size_t n) {
  OnnxBuilder graph = Start().Input("k", {-1, 1}, onnx::DataType::kInt64).Strings("w", Words(n));
  for (size_t i = 0; i < n; ++i) graph.Node("Gather", {"w", "k"}, At("u", i));
  return graph.Build();
}

// Each of many words is a category of its own.
std::string Categories(size_t n) {
  OnnxBuilder graph = Start().Input("k", {-1, 1}, onnx::DataType::kString);
  graph.Node("OneHotEncoder", {"k"}, "o", {Texts("cats_strings", Words(n))}, "ai.onnx.ml");
  return graph.Output("o").Build();
}

constexpr HostileOnnx kFiles[] = {
    {"doubling_functions", DoublingFunctions},
    {"long_bodies", LongBodies},
    {"shared_lists", SharedLists},
    {"large_branches", LargeBranches},
    {"nested_branches", NestedBranches},
    {"word_tables", WordTables},
    {"categories", Categories},
};

}  // namespace

std::span<const HostileOnnx> HostileNestedFiles() { return kFiles; }

}  // namespace hillock::testing
