// SPDX-License-Identifier: Apache-2.0

// Hostile files that ask for wide rows: each operator makes much of little.

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "tests/support/hostile_onnx.h"
#include "tests/support/onnx_builder.h"

namespace hillock::testing {
namespace {

using Floats = std::vector<float>;
using Strings = std::vector<std::string>;
using DataType = onnx::DataType;

int64_t Signed(size_t n) { return static_cast<int64_t>(n); }
std::string At(std::string_view name, size_t i) { return fmt::format("{}{}", name, i); }

OnnxBuilder Start(size_t width, DataType type = DataType::kFloat) {
  OnnxBuilder graph;
  return graph.Input("x", {-1, Signed(width)}, type);
}

// Numbers of which no two are the same.
Floats Different(size_t n) {
  Floats numbers(n);
  for (size_t i = 0; i < n; ++i) numbers[i] = static_cast<float>(i + 1);
  return numbers;
}

// A wide layer with a bias for each unit, of which n nodes take a column each.
std::string Columns(size_t n) {
  OnnxBuilder graph = Start(1).Floats("w", {1, Signed(n)}, Different(n));
  graph.Floats("b", {Signed(n)}, Different(n)).Node("Gemm", {"x", "w", "b"}, "y").Output("y");
  for (size_t i = 0; i < n; ++i) {
    graph.Int64s(At("i", i), {1}, {Signed(i)});
    graph.Node("Gather", {"y", At("i", i)}, At("u", i), {Integer("axis", 1)});
  }
  return graph.Build();
}

// The columns of a wide row in another order, again and again.
std::string Turned(size_t n) {
  OnnxBuilder graph = Start(n).Floats("c", {Signed(n)}, Different(n)).Node("Mul", {"x", "c"}, "v0");
  graph.Int64s("last", {1}, {-1}).Int64s("first", {1}, {INT64_MIN + (int64_t{1} << 41)});
  graph.Int64s("axis", {1}, {1});
  for (size_t i = 0; i < n; ++i) {
    graph.Node("Slice", {At("v", i), "last", "first", "axis", "last"}, At("v", i + 1));
  }
  return graph.Output(At("v", n)).Build();
}

// Two halves of rows that are selected from many values.
std::string Shuffled(size_t n) {
  OnnxBuilder graph = Start(1);
  Strings parts;
  for (size_t i = 0; i < std::min<size_t>(n, 900); ++i) {
    graph.Node("Softmax", {"x"}, At("s", i));
    parts.push_back(At("s", i));
  }
  graph.Node("Concat", parts, "v0", {Integer("axis", 1)});
  for (size_t i = 0; i < n; ++i) {
    graph.Node("Concat", {At("v", i), At("v", i)}, At("v", i + 1), {Integer("axis", 1)});
  }
  return graph.Output(At("v", n)).Build();
}

std::string Expanded(size_t n) {
  OnnxBuilder graph = Start(1).Int64s("s", {2}, {1, int64_t{1} << 24});
  for (size_t i = 0; i < n; ++i) graph.Node("Expand", {"x", "s"}, At("u", i));
  return graph.Output("u0").Build();
}

std::string Tiled(size_t n) {
  OnnxBuilder graph = Start(1).Int64s("two", {2}, {1, 2}).Node("Identity", {"x"}, "v0");
  for (size_t i = 0; i < n; ++i) graph.Node("Tile", {At("v", i), "two"}, At("v", i + 1));
  return graph.Output(At("v", n)).Build();
}

std::string Concatenated(size_t n) {
  OnnxBuilder graph = Start(1).Node("Identity", {"x"}, "v0");
  for (size_t i = 0; i < n; ++i) {
    graph.Node("Concat", {At("v", i), At("v", i)}, At("v", i + 1), {Integer("axis", 1)});
  }
  return graph.Output(At("v", n)).Build();
}

std::string OneHots(size_t n) {
  OnnxBuilder graph = Start(1, DataType::kInt64).Int64s("depth", {}, {100'000});
  graph.Floats("values", {2}, {0, 1});
  for (size_t i = 0; i < n; ++i) graph.Node("OneHot", {"x", "depth", "values"}, At("u", i));
  return graph.Output("u0").Build();
}

// Entries of entries, 64 times as many each time.
std::string Entries(size_t n) {
  OnnxBuilder graph = Start(1, DataType::kInt64).Node("Identity", {"x"}, "v0");
  graph.Int64s("table", {1, 64}, std::vector<int64_t>(64)).Int64s("flat", {2}, {0, -1});
  for (size_t i = 0; i < n; ++i) {
    graph.Node("Gather", {"table", At("v", i)}, At("g", i));
    graph.Node("Reshape", {At("g", i), "flat"}, At("v", i + 1));
  }
  return graph.Output(At("v", n)).Build();
}

// The same weights for each of the vectors of a row.
std::string Vectors(size_t n) {
  OnnxBuilder graph = Start(n).Int64s("s", {3}, {-1, Signed(n), 1});
  graph.Floats("w", {1, 64}, Different(64)).Node("Reshape", {"x", "s"}, "r");
  for (size_t i = 0; i < n; ++i) graph.Node("MatMul", {"r", "w"}, At("u", i));
  return graph.Output("u0").Build();
}

// All pairs of the values of a row.
std::string Pairs(size_t n) {
  OnnxBuilder graph = Start(n).Int64s("s", {3}, {-1, Signed(n), 1});
  graph.Int64s("t", {3}, {-1, 1, Signed(n)}).Node("Reshape", {"x", "s"}, "a");
  graph.Node("Reshape", {"x", "t"}, "b");
  for (size_t i = 0; i < n; ++i) graph.Node("MatMul", {"a", "b"}, At("u", i));
  return graph.Output("u0").Build();
}

std::string Splits(size_t n) {
  constexpr size_t kParts = 900;
  OnnxBuilder graph = Start(4 * kParts).Floats("c", {4 * kParts}, Different(4 * kParts));
  graph.Node("Mul", {"x", "c"}, "m").Output("m");
  for (size_t i = 0; i < n; ++i) {
    Strings parts;
    for (size_t k = 0; k < kParts; ++k) parts.push_back(fmt::format("p{}_{}", i, k));
    graph.NodeWithOutputs("Split", {"m"}, parts, {Integer("axis", 1)});
  }
  return graph.Build();
}

// One number for as many columns as a row cannot have.
std::string Filled(size_t n) {
  OnnxBuilder graph = Start(1).Node("Shape", {"x"}, "s").Int64s("wide", {1}, {int64_t{1} << 40});
  graph.Int64s("zero", {1}, {0}).Node("Gather", {"s", "zero"}, "rows");
  graph.Node("Concat", {"rows", "wide"}, "shape", {Integer("axis", 0)});
  for (size_t i = 0; i < n; ++i) {
    graph.Node("ConstantOfShape", {"shape"}, At("c", i)).Node("Softmax", {At("c", i)}, At("u", i));
  }
  return graph.Output("c0").Output("u0").Output("x").Build();
}

// No elements, in as many parts as an axis may have.
std::string Empty(size_t n) {
  OnnxBuilder graph = Start(1).Raw("c", DataType::kFloat, {int64_t{1} << 40, 0}, "");
  for (size_t i = 0; i < n; ++i) graph.Node("Concat", {"c", "c"}, At("u", i), {Integer("axis", 1)});
  return graph.Node("Relu", {"x"}, "y").Output("y").Build();
}

constexpr HostileOnnx kFiles[] = {
    {"columns", Columns},   {"turned", Turned},   {"shuffled", Shuffled},
    {"expanded", Expanded}, {"tiled", Tiled},     {"concatenated", Concatenated},
    {"one_hots", OneHots},  {"entries", Entries}, {"vectors", Vectors},
    {"pairs", Pairs},       {"splits", Splits},   {"filled", Filled},
    {"empty", Empty},
};

}  // namespace

std::span<const HostileOnnx> HostileRowFiles() { return kFiles; }

}  // namespace hillock::testing
