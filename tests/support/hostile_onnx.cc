// SPDX-License-Identifier: Apache-2.0
#include "tests/support/hostile_onnx.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <vector>

#include "server/core/onnx/reading/fields.h"
#include "tests/support/onnx_builder.h"

namespace hillock::testing {
namespace {

using Floats = std::vector<float>;
using Strings = std::vector<std::string>;
using onnx::WireWriter;

int64_t Signed(size_t n) { return static_cast<int64_t>(n); }
std::string At(std::string_view name, size_t i) { return fmt::format("{}{}", name, i); }

OnnxBuilder Start(size_t width) {
  OnnxBuilder graph;
  return graph.Input("x", {-1, Signed(width)});
}

// Layer i reads "h<i>" and computes "m<i>"; the block makes "h<i + 1>" of that.
using Block = std::function<void(OnnxBuilder& graph, size_t i)>;

std::string Layers(OnnxBuilder graph, size_t n, size_t units, const Block& block) {
  graph.Floats("v", {Signed(units), 1}, Floats(units, 1))
      .Floats("w", {1, Signed(units)}, Floats(units, 1));
  graph.Node("Identity", {"x"}, "h0");
  for (size_t i = 0; i < n; ++i) {
    graph.Node("MatMul", {At("h", i), "w"}, At("m", i));
    block(graph, i);
    if (units > 1) {
      graph.Node("MatMul", {At("a", i), "v"}, At("h", i + 1));
    } else {
      graph.Node("Identity", {At("a", i)}, At("h", i + 1));
    }
  }
  return graph.Node("MatMul", {At("h", n), "w"}, "y").Output("y").Build();
}

std::string SameSwish(size_t n) {
  return Layers(Start(1), n, 1, [](OnnxBuilder& graph, size_t i) {
    graph.Node("Sigmoid", {At("m", i)}, At("s", i));
    graph.Node("Mul", {At("m", i), At("s", i)}, At("a", i));
  });
}

std::string OtherSwish(size_t n) {
  return Layers(Start(1), n, 1, [](OnnxBuilder& graph, size_t i) {
    graph.Floats(At("c", i), {}, {0.5f + 0.001f * static_cast<float>(i)});
    graph.Node("Mul", {At("m", i), At("c", i)}, At("b", i));
    graph.Node("Sigmoid", {At("b", i)}, At("s", i));
    graph.Node("Mul", {At("m", i), At("s", i)}, At("a", i));
  });
}

std::string GelusTimes(float half, size_t n) {
  OnnxBuilder graph = Start(1);
  graph.Floats("root", {}, {1.4142135f}).Floats("one", {}, {1}).Floats("half", {}, {half});
  return Layers(graph, n, 1, [](OnnxBuilder& g, size_t i) {
    g.Node("Div", {At("m", i), "root"}, At("d", i)).Node("Erf", {At("d", i)}, At("e", i));
    g.Node("Add", {At("e", i), "one"}, At("s", i))
        .Node("Mul", {At("m", i), At("s", i)}, At("p", i));
    g.Node("Mul", {At("p", i), "half"}, At("a", i));
  });
}

// As PyTorch spells it, and the same with a scale that is none of its own.
std::string Gelus(size_t n) { return GelusTimes(0.5f, n); }
std::string ScaledGelus(size_t n) { return GelusTimes(0.9f, n); }

// As PyTorch spells it.
std::string HardSwishes(size_t n) {
  OnnxBuilder graph = Start(1);
  graph.Floats("three", {}, {3}).Floats("zero", {}, {0}).Floats("six", {}, {6});
  return Layers(graph, n, 1, [](OnnxBuilder& g, size_t i) {
    g.Node("Add", {At("m", i), "three"}, At("d", i));
    g.Node("Clip", {At("d", i), "zero", "six"}, At("e", i));
    g.Node("Mul", {At("m", i), At("e", i)}, At("p", i))
        .Node("Div", {At("p", i), "six"}, At("a", i));
  });
}

std::string Mishes(size_t n) {
  return Layers(Start(1), n, 1, [](OnnxBuilder& g, size_t i) {
    g.Node("Softplus", {At("m", i)}, At("s", i)).Node("Tanh", {At("s", i)}, At("t", i));
    g.Node("Mul", {At("m", i), At("t", i)}, At("a", i));
  });
}

// 1.1 mish(2 x): found behind no scale at first, and only with one.
std::string ScaledMishes(size_t n) {
  OnnxBuilder graph = Start(1);
  graph.Floats("k", {}, {1.1f}).Floats("two", {}, {2});
  return Layers(graph, n, 1, [](OnnxBuilder& g, size_t i) {
    g.Node("Mul", {At("m", i), "two"}, At("b", i)).Node("Softplus", {At("b", i)}, At("s", i));
    g.Node("Tanh", {At("s", i)}, At("t", i)).Node("Mul", {At("b", i), At("t", i)}, At("p", i));
    g.Node("Mul", {At("p", i), "k"}, At("a", i));
  });
}

// Found only after everything else, in front of and behind scales, with many constants.
std::string ScaledGcu(size_t n) {
  OnnxBuilder graph = Start(1);
  graph.Floats("k0", {}, {1}).Floats("k1", {}, {1.37f}).Floats("k2", {}, {1.74f});
  graph.Floats("k3", {}, {2.11f}).Floats("zero", {}, {0});
  return Layers(graph, n, 1, [](OnnxBuilder& g, size_t i) {
    g.Floats(At("c", i), {}, {0.5f + 0.001f * static_cast<float>(i)});
    g.Node("Mul", {At("m", i), At("c", i)}, At("b", i)).Node("Cos", {At("b", i)}, At("s", i));
    g.Node("Mul", {At("b", i), At("s", i)}, At("p", i));
    std::string sum = At("p", i);
    for (size_t k = 0; k < 3; ++k) {
      const std::string id = fmt::format("{}_{}", i, k);
      g.Node("Add", {At("m", i), At("k", k)}, "j" + id).Node("Sin", {"j" + id}, "q" + id);
      g.Node("Mul", {"q" + id, "zero"}, "z" + id).Node("Add", {sum, "z" + id}, "t" + id);
      sum = "t" + id;
    }
    g.Node("Mul", {sum, "k3"}, At("a", i));
  });
}

// A swish, and 0 times a function that changes its branch everywhere.
std::string ManyEdges(size_t n) {
  OnnxBuilder graph = Start(1);
  graph.Floats("k", {}, {1000}).Floats("zero", {}, {0}).Floats("half", {}, {0.5f});
  return Layers(graph, n, 1, [](OnnxBuilder& g, size_t i) {
    g.Node("Sigmoid", {At("m", i)}, At("s", i)).Node("Mul", {At("m", i), At("s", i)}, At("p", i));
    g.Node("Mul", {At("m", i), "k"}, At("b", i)).Node("Sin", {At("b", i)}, At("e", i) + "_0");
    for (size_t k = 0; k < 50; ++k) {
      g.Node("Abs", {fmt::format("e{}_{}", i, k)}, fmt::format("f{}_{}", i, k));
      g.Node("Sub", {fmt::format("f{}_{}", i, k), "half"}, fmt::format("e{}_{}", i, k + 1));
    }
    g.Node("Mul", {At("e", i) + "_50", "zero"}, At("z", i));
    g.Node("Add", {At("p", i), At("z", i)}, At("a", i));
  });
}

// Prelu, spelled out, with a slope for each of many units.
std::string ManyUnits(size_t n) {
  constexpr size_t kUnits = 512;
  OnnxBuilder graph = Start(1);
  Floats slopes(kUnits);
  for (size_t u = 0; u < kUnits; ++u) slopes[u] = 0.001f * static_cast<float>(u + 1);
  graph.Floats("slope", {Signed(kUnits)}, slopes);
  return Layers(graph, n, kUnits, [](OnnxBuilder& g, size_t i) {
    g.Node("Relu", {At("m", i)}, At("up", i)).Node("Sub", {At("m", i), At("up", i)}, At("d", i));
    g.Node("Mul", {At("d", i), "slope"}, At("e", i));
    g.Node("Add", {At("up", i), At("e", i)}, At("a", i));
  });
}

OnnxBuilder Tiny() {
  return Start(1).Floats("w", {1, 1}, {1}).Node("MatMul", {"x", "w"}, "y").Output("y");
}

std::string Chain(size_t n, std::string_view op, const std::vector<OnnxAttribute>& attributes) {
  OnnxBuilder graph = Tiny().Floats("v0", {1, 8}, Floats(8));
  for (size_t i = 0; i < n; ++i) graph.Node(op, {At("v", i)}, At("v", i + 1), attributes);
  return graph.Build();
}

std::string Identities(size_t n) { return Chain(n, "Identity", {}); }
std::string Transposes(size_t n) { return Chain(n, "Transpose", {}); }
std::string Casts(size_t n) { return Chain(n, "Cast", {Integer("to", 1)}); }

// Each is the sum of the one before with itself.
std::string Doublings(size_t n) {
  OnnxBuilder graph = Tiny().Floats("v0", {}, {0});
  for (size_t i = 0; i < n; ++i) graph.Node("Add", {At("v", i), At("v", i)}, At("v", i + 1));
  return graph.Build();
}

std::string DoubledRows(size_t n) {
  OnnxBuilder graph = Start(1).Floats("w", {1, 1}, {1}).Node("MatMul", {"x", "w"}, "v0");
  for (size_t i = 0; i < n; ++i) graph.Node("Mul", {At("v", i), At("v", i)}, At("v", i + 1));
  return graph.Output(At("v", n)).Build();
}

std::string Constants(size_t n) {
  OnnxBuilder graph = Tiny();
  for (size_t i = 0; i < n; ++i) {
    graph.Node("Constant", {}, At("c", i), {TensorOf("value", {2}, {1, 2})});
  }
  return graph.Build();
}

std::string Initializers(size_t n) {
  OnnxBuilder graph;
  for (size_t i = 0; i < n; ++i) graph.Input(At("i", i), {1}).Floats(At("i", i), {1}, {1});
  graph.Input("x", {-1, -1}).Floats("w", {1, 1}, {1}).Node("MatMul", {"x", "w"}, "y");
  return graph.Output("y").Build();
}

std::string Attributes(size_t n) {
  OnnxBuilder graph = Tiny();
  std::vector<OnnxAttribute> attributes;
  for (size_t i = 0; i < 900; ++i) attributes.push_back(Integer(At("a", i), 1));
  for (size_t i = 0; i < n / 100; ++i) graph.Node("Softmax", {"y"}, At("s", i), attributes);
  return graph.Build();
}

std::string Unused(size_t n) {
  OnnxBuilder graph = Tiny();
  for (size_t i = 0; i < n; ++i) graph.Node("Relu", {"y"}, At("u", i));
  return graph.Build();
}

// A constant of one number between many fields that are none of a tensor's, read by many nodes.
std::string RareNumber(size_t n) {
  WireWriter tensor;
  tensor.Integer(onnx::tensor_field::kType, 1).Bytes(onnx::tensor_field::kName, "c");
  for (size_t i = 0; i < 20 * n; ++i) tensor.Integer(15, 0);
  tensor.Real(onnx::tensor_field::kFloats, 1);
  OnnxBuilder graph = Tiny().Initializer(tensor);
  for (size_t i = 0; i < n; ++i) graph.Node("Add", {"y", "c"}, At("u", i));
  return graph.Build();
}

// A tensor of 10 n axes and n elements.
std::string Rank(size_t n) {
  std::vector<int64_t> shape(10 * n, 1);
  shape.push_back(Signed(n));
  OnnxBuilder graph = Tiny().Int64s("s", {Signed(shape.size())}, shape).Floats("c", {}, {1});
  return graph.Node("Expand", {"c", "s"}, "u").Build();
}

std::string WrongShape(size_t n) {
  const std::vector<int64_t> shape(n, 1);
  OnnxBuilder graph = Tiny().Int64s("s", {Signed(n)}, shape).Floats("c", {2}, {1, 2});
  return graph.Node("Reshape", {"c", "s"}, "u").Build();
}

// A softmax of wide rows, scaled, whose logarithm is taken again and again.
std::string WideLogs(size_t n) {
  OnnxBuilder graph = Start(n).Floats("c", {Signed(n)}, Floats(n, 2));
  graph.Node("Mul", {"x", "c"}, "scaled").Node("Softmax", {"scaled"}, "y").Output("y");
  for (size_t i = 0; i < n; ++i) graph.Node("Log", {"y"}, At("u", i));
  return graph.Build();
}

// Wide rows, scaled, read by as many nodes as there are values in a row.
std::string WideReaders(size_t n, std::string_view op, const std::vector<std::string>& more) {
  OnnxBuilder graph = Start(n);
  graph.Floats("c", {Signed(n)}, Floats(n, 2)).Floats("one", {}, {1});
  graph.Floats("w", {Signed(n), 1}, Floats(n, 1)).Node("MatMul", {"x", "w"}, "y").Output("y");
  graph.Node("Mul", {"x", "c"}, "scaled");
  Strings inputs{"scaled"};
  inputs.insert(inputs.end(), more.begin(), more.end());
  for (size_t i = 0; i < n; ++i) graph.Node(op, inputs, At("u", i));
  return graph.Build();
}

std::string WideSoftmax(size_t n) { return WideReaders(n, "Softmax", {}); }
std::string WideClip(size_t n) { return WideReaders(n, "Clip", {"one"}); }
std::string WidePrelu(size_t n) { return WideReaders(n, "PRelu", {"one"}); }

// Many outputs, each with a name for every column.
std::string NamedOutputs(size_t n) {
  OnnxBuilder graph = Start(n);
  graph.Node("Softmax", {"x"}, "p");
  graph.Node("ZipMap", {"p"}, "y", {Texts("classlabels_strings", Strings(n, "c"))}, "ai.onnx.ml");
  for (size_t i = 0; i < std::min<size_t>(n, 900); ++i) graph.Output("y");
  return graph.Build();
}

// A tree with the most outputs there may be, all of them far from the input.
std::string DeepHeads(size_t n) {
  OnnxBuilder graph = Start(1);
  graph.Floats("w", {1, 1}, {1});
  for (size_t head = 0; head < 64; ++head) {
    std::string value = "x";
    for (size_t i = 0; i <= n / 64; ++i) {
      const std::string next = fmt::format("h{}_{}", head, i);
      graph.Node("MatMul", {value, "w"}, next);
      value = next;
    }
    graph.Output(value);
  }
  return graph.Build();
}

// Row functions of row functions: each is a layer of its own.
std::string Softmaxes(size_t n) {
  OnnxBuilder graph = Start(512);
  graph.Node("Identity", {"x"}, "p0");
  for (size_t i = 0; i < n; ++i) graph.Node("Softmax", {At("p", i)}, At("p", i + 1));
  return graph.Output(At("p", n)).Build();
}

constexpr HostileOnnx kFiles[] = {
    {"same_swish", SameSwish},
    {"other_swish", OtherSwish},
    {"gelus", Gelus},
    {"hard_swishes", HardSwishes},
    {"mishes", Mishes},
    {"scaled_gelus", ScaledGelus},
    {"scaled_mishes", ScaledMishes},
    {"scaled_gcu", ScaledGcu},
    {"many_edges", ManyEdges},
    {"many_units", ManyUnits},
    {"identities", Identities},
    {"transposes", Transposes},
    {"casts", Casts},
    {"doublings", Doublings},
    {"doubled_rows", DoubledRows},
    {"constants", Constants},
    {"initializers", Initializers},
    {"attributes", Attributes},
    {"unused", Unused},
    {"rare_number", RareNumber},
    {"rank", Rank},
    {"wrong_shape", WrongShape},
    {"wide_softmax", WideSoftmax},
    {"wide_clip", WideClip},
    {"wide_prelu", WidePrelu},
    {"wide_logs", WideLogs},
    {"named_outputs", NamedOutputs},
    {"deep_heads", DeepHeads},
    {"softmaxes", Softmaxes},
};

}  // namespace

std::span<const HostileOnnx> HostileOnnxFiles() {
  static const std::vector<HostileOnnx> files = [] {
    std::vector<HostileOnnx> all(std::begin(kFiles), std::end(kFiles));
    for (const auto more : {HostileRowFiles(), HostileNestedFiles()}) {
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }();
  return files;
}

}  // namespace hillock::testing
