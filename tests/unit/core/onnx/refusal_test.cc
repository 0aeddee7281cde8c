// What is no multi-layer perceptron, or makes no sense, is refused by node, operator and reason.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "server/core/onnx/import.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/status_matchers.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::Integer;
using ::hillock::testing::Integers;
using ::hillock::testing::OnnxBuilder;
using ::hillock::testing::Real;
using ::hillock::testing::Reals;
using ::hillock::testing::StatusIs;
using onnx::DataType;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

struct Refusal {
  std::string name;
  std::function<void(OnnxBuilder&)> build;  // after input x[rows, 2] and m = x w, three wide
  Code code;
  std::string text;
};

void PrintTo(const Refusal& each, std::ostream* out) { *out << each.name; }

OnnxBuilder Start() {
  OnnxBuilder graph;
  graph.Input("x", {-1, 2}).Floats("w", {2, 3}, {1, 2, 3, 4, 5, 6}).Floats("b", {3}, {1, 2, 3});
  return graph.Node("MatMul", {"x", "w"}, "m");
}

class OnnxRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(OnnxRefusalTest, SaysWhereAndWhy) {
  OnnxBuilder graph = Start();
  GetParam().build(graph);
  EXPECT_THAT(ImportOnnx(graph.Build()), StatusIs(GetParam().code, HasSubstr(GetParam().text)));
}

using G = OnnxBuilder&;

const Refusal kRefusals[] = {
    {"convolution",
     [](G g) {
       g.Node("Conv", {"m", "w"}, "y").Output("y");
     },
     Code::kUnimplemented, "node 'n1' (Conv): is no operation of a multi-layer perceptron"},
    {"foreign_domain",
     [](G g) { g.Node("FusedGemm", {"m"}, "y", {}, "com.microsoft").Output("y"); },
     Code::kUnimplemented,
     "node 'n1' (FusedGemm): is no operation of a multi-layer perceptron "
     "(domain 'com.microsoft')"},
    {"residual",
     [](G g) {
       g.Floats("u", {3, 3}, std::vector<float>(9, 1)).Node("Relu", {"m"}, "r");
       g.Node("MatMul", {"r", "u"}, "k").Node("Add", {"k", "r"}, "y").Output("y");
     },
     Code::kUnimplemented, "node 'n3' (Add): joins two branches of the graph"},
    {"two_inputs",
     [](G g) {
       g.Input("z", {-1, 2}).Output("m");
     },
     Code::kUnimplemented, "the graph has 2 inputs, want 1"},
    {"weights_that_do_not_fit",
     [](G g) {
       g.Node("MatMul", {"m", "w"}, "y").Output("y");
     },
     Code::kInvalidArgument,
     "node 'n1' (MatMul): has weights of shape [2, 3] for rows of 3 values"},
    {"bias_that_does_not_fit",
     [](G g) {
       g.Floats("c", {2}, {1, 2}).Node("Add", {"m", "c"}, "y").Output("y");
     },
     Code::kUnimplemented, "node 'n1' (Add): combines a constant of shape [2] with rows of [3]"},
    {"transposed_rows",
     [](G g) {
       g.Node("Gemm", {"m", "w"}, "y", {Integer("transA", 1)}).Output("y");
     },
     Code::kUnimplemented, "node 'n1' (Gemm): transposes the rows (transA)"},
    {"rows_as_weights",
     [](G g) {
       g.Node("MatMul", {"w", "m"}, "y").Output("y");
     },
     Code::kUnimplemented, "node 'n1' (MatMul): input 0 'w' is not computed from the rows"},
    {"softmax_over_the_batch",
     [](G g) { g.Node("Softmax", {"m"}, "y", {Integer("axis", 0)}).Output("y"); },
     Code::kUnimplemented, "node 'n1' (Softmax): runs over axis 0"},
    {"an_axis_twice",
     [](G g) {
       g.Int64s("s", {3}, {-1, 3, 1}).Node("Reshape", {"m", "s"}, "t");
       g.Node("Transpose", {"t"}, "y", {Integers("perm", {0, 2, 2})}).Output("y");
     },
     Code::kInvalidArgument, "node 'n2' (Transpose): has perm [0, 2, 2] for shape [rows, 3, 1]"},
    {"a_constants_axis_twice",
     [](G g) {
       g.Node("Transpose", {"w"}, "y", {Integers("perm", {1, 1})}).Output("m");
     },
     Code::kInvalidArgument, "node 'n1' (Transpose): has perm [1, 1] for shape [2, 3]"},
    {"a_perm_of_many_axes",
     [](G g) {
       const std::vector<int64_t> perm(1000, 0);
       g.Node("Transpose", {"w"}, "y", {Integers("perm", perm)}).Output("m");
     },
     Code::kInvalidArgument, "0, 0, ... 1000 sizes] for shape [2, 3]"},
    {"an_axis_far_in_front",
     [](G g) { g.Node("Softmax", {"m"}, "y", {Integer("axis", INT64_MIN)}).Output("y"); },
     Code::kInvalidArgument,
     "node 'n1' (Softmax): got axis -9223372036854775808, want one of 2 axes"},
    {"an_axis_far_behind",
     [](G g) { g.Node("Flatten", {"m"}, "y", {Integer("axis", INT64_MAX)}).Output("y"); },
     Code::kInvalidArgument,
     "node 'n1' (Flatten): got axis 9223372036854775807, want one of 2 axes"},
    {"axes_far_away",
     [](G g) {
       g.Int64s("s", {1}, {INT64_MIN}).Node("Squeeze", {"m", "s"}, "y").Output("y");
     },
     Code::kInvalidArgument, "node 'n1' (Squeeze): got axis -9223372036854775808, want one of 2"},
    {"many_axes",
     [](G g) {
       g.Int64s("s", {9}, {1, 2, 3, 4, 5, 6, 7, 8, 9}).Node("Unsqueeze", {"m", "s"}, "y");
     },
     Code::kInvalidArgument, "node 'n1' (Unsqueeze): has 11 axes, want at most 8"},
    {"a_part_far_away",
     [](G g) {
       g.Int64s("low", {1}, {INT64_MIN}).Int64s("high", {1}, {INT64_MAX});
       g.Node("Slice", {"b", "low", "high"}, "c").Node("Reshape", {"c", "low"}, "y");
     },
     Code::kInvalidArgument, "node 'n2' (Reshape): cannot turn shape [3] into [rows]"},
    {"a_constant_input_left_out",
     [](G g) {
       g.Node("Add", {"", "b"}, "t").Node("Add", {"m", "t"}, "y").Output("y");
     },
     Code::kInvalidArgument, "node 'n1' (Add): leaves input 0 out, which it needs"},
    {"a_constant_left_out_of_a_reshape",
     [](G g) {
       g.Int64s("s", {1}, {1}).Node("Reshape", {"", "s"}, "t").Node("Add", {"m", "t"}, "y");
     },
     Code::kInvalidArgument, "node 'n1' (Reshape): leaves input 0 out, which it needs"},
    {"an_only_input_left_out", [](G g) { g.Node("Identity", {""}, "y").Output("y"); },
     Code::kInvalidArgument, "node 'n1' (Identity): leaves input 0 out, which it needs"},
    {"an_input_left_out_before_the_rows",
     [](G g) {
       g.Node("Dropout", {"", "m"}, "y").Output("y");
     },
     Code::kInvalidArgument, "node 'n1' (Dropout): leaves input 0 out, which it needs"},
    {"more_targets_than_numbers",
     [](G g) {
       const int64_t targets = (int64_t{1} << 62) + 1;  // times 4, the lowest 64 bits are 4
       g.Floats("u", {3, 4}, std::vector<float>(12, 1)).Node("MatMul", {"m", "u"}, "k");
       g.Node("LinearRegressor", {"k"}, "y",
              {Reals("coefficients", {1, 2, 3, 4}), Integer("targets", targets)}, "ai.onnx.ml");
     },
     Code::kInvalidArgument,
     "node 'n2' (LinearRegressor): has 4 coefficients, want 4611686018427387905 x 4"},
    {"no_targets",
     [](G g) {
       g.Node("LinearRegressor", {"m"}, "y", {Integer("targets", -1)}, "ai.onnx.ml").Output("y");
     },
     Code::kInvalidArgument, "node 'n1' (LinearRegressor): has 0 coefficients, want 0 x 3"},
    {"names_of_names",
     [](G g) {
       g.Int64s("turned", {3}, {2, 0, 1}).Strings("names", {"ant", "bee", "cat"});
       g.Node("ArgMax", {"m"}, "i", {Integer("axis", 1)}).Node("Gather", {"turned", "i"}, "j");
       g.Node("Gather", {"names", "j"}, "y").Output("y");
     },
     Code::kUnimplemented, "node 'n3' (Gather): names classes that have names"},
    {"values_into_other_rows",
     [](G g) {
       g.Int64s("s", {2}, {-1, 1}).Node("Reshape", {"m", "s"}, "y").Output("y");
     },
     Code::kUnimplemented, "node 'n1' (Reshape): moves values from row to row: shape [rows, 3]"},
    {"rounding", [](G g) { g.Node("Cast", {"m"}, "y", {Integer("to", 7)}).Output("y"); },
     Code::kUnimplemented, "node 'n1' (Cast): rounds values of the rows to ONNX type 7"},
    {"dropout_that_trains",
     [](G g) {
       g.Floats("ratio", {}, {0.5f}).Raw("on", DataType::kBool, {}, std::string(1, '\1'));
       g.Node("Dropout", {"m", "ratio", "on"}, "y").Output("y");
     },
     Code::kUnimplemented, "node 'n1' (Dropout): is in training mode"},
    {"unknown_value", [](G g) { g.Node("Relu", {"nowhere"}, "y").Output("y"); },
     Code::kInvalidArgument, "node 'n1' (Relu): reads 'nowhere', which no node before it computes"},
    {"unknown_output", [](G g) { g.Output("nowhere"); }, Code::kInvalidArgument,
     "no node computes output 'nowhere'"},
    {"no_output", [](G g) { g.Output("b"); }, Code::kInvalidArgument,
     "no output of the graph depends on its input"},
    {"division_by_zero",
     [](G g) {
       g.Floats("z", {}, {0}).Node("Div", {"m", "z"}, "y").Output("y");
     },
     Code::kInvalidArgument, "node 'n1' (Div): divides by 0"},
    {"bytes_that_do_not_fit",
     [](G g) {
       g.Raw("c", DataType::kFloat, {3}, "12345678").Node("Add", {"m", "c"}, "y").Output("y");
     },
     Code::kInvalidArgument, "tensor 'c': has 8 bytes, want 12 for its shape [3]"},
    {"a_type_of_no_use",
     [](G g) {
       g.Raw("c", static_cast<DataType>(14), {1}, "12345678").Node("Add", {"m", "c"}, "y");
     },
     Code::kUnimplemented, "tensor 'c': has elements of ONNX type 14"},
    {"a_double_beyond_floats",
     [](G g) {
       const double huge = 1e300;
       g.Raw("c", DataType::kDouble, {1}, {reinterpret_cast<const char*>(&huge), sizeof(huge)});
       g.Node("Add", {"m", "c"}, "y").Output("y");
     },
     Code::kInvalidArgument, "tensor 'c': holds the double 1e+300, want numbers that a 32-bit"},
    {"a_negative_size",
     [](G g) {
       g.Raw("c", DataType::kFloat, {-4}, "").Node("Add", {"m", "c"}, "y");
     },
     Code::kInvalidArgument, "tensor 'c': has shape [-4]"},
    {"sizes_that_overflow",
     [](G g) {
       const int64_t big = int64_t{1} << 32;
       g.Raw("c", DataType::kFloat, {big, big}, "").Node("Add", {"m", "c"}, "y");
     },
     Code::kInvalidArgument, "tensor 'c': has shape [4294967296, 4294967296]"},
    {"a_tensor_larger_than_the_file",
     [](G g) {
       g.Int64s("s", {1}, {1 << 30}).Floats("one", {}, {1});
       g.Node("Expand", {"one", "s"}, "c").Node("Add", {"m", "c"}, "y").Output("y");
     },
     Code::kResourceExhausted, "node 'n1' (Expand): wants 1073741824 more elements"},
    {"weights_that_are_no_number",
     [](G g) {
       g.Floats("u", {3, 1}, {1, NAN, 3}).Node("MatMul", {"m", "u"}, "y").Output("y");
     },
     Code::kInvalidArgument, "layer 1 'n1': weights[1] is nan, want a finite number"},
    {"external_data",
     [](G g) {
       g.External("c", {3}, {{"location", "../d"}}).Node("Add", {"m", "c"}, "y").Output("y");
     },
     Code::kInvalidArgument, "tensor 'c': refers to file '../d', want one file"},
    {"too_few_labels",
     [](G g) {
       g.Node("Softmax", {"m"}, "p");
       g.Node("ZipMap", {"p"}, "y", {Integers("classlabels_int64s", {1, 2})}, "ai.onnx.ml");
       g.Output("y");
     },
     Code::kInvalidArgument, "node 'n2' (ZipMap): has 2 class labels, want 3, one a column"},
    {"two_labels_of_one_output",
     [](G g) {
       g.Node("Softmax", {"m"}, "p").Output("p");
       g.Node("ArgMax", {"p"}, "i", {Integer("axis", 1)}).Output("i");
       g.Node("ArgMax", {"m"}, "j", {Integer("axis", 1)}).Output("j");
     },
     Code::kUnimplemented, "outputs 'i' and 'j' are both labels of 'p'"},
    {"two_thresholds_of_one_output",
     [](G g) {
       g.Node("Binarizer", {"m"}, "i", {}, "ai.onnx.ml").Output("i");
       g.Node("Binarizer", {"m"}, "j", {Real("threshold", 1)}, "ai.onnx.ml").Output("j");
     },
     Code::kUnimplemented, "outputs 'i' and 'j' are both labels of 'probabilities'"},
    {"names_of_several_labels_a_row",
     [](G g) {
       g.Strings("names", {"no", "yes"}).Node("Binarizer", {"m"}, "i", {}, "ai.onnx.ml");
       g.Node("Gather", {"names", "i"}, "y").Output("y");
     },
     Code::kUnimplemented, "node 'n2' (Gather): takes 3 labels a row, want 1"},
    {"several_labels_moved_to_other_rows",
     [](G g) {
       g.Int64s("flat", {1}, {-1}).Node("Binarizer", {"m"}, "i", {}, "ai.onnx.ml");
       g.Node("Reshape", {"i", "flat"}, "y").Output("y");
     },
     Code::kUnimplemented, "node 'n2' (Reshape): takes 3 labels a row, want 1"},
    {"the_largest_of_several_labels",
     [](G g) {
       g.Node("Binarizer", {"m"}, "i", {}, "ai.onnx.ml");
       g.Node("ArgMax", {"i"}, "y", {Integer("axis", 1)}).Output("y");
     },
     Code::kUnimplemented, "node 'n2' (ArgMax): input 0 'i' is not computed from the rows"},
    {"a_threshold_that_no_float_is_above",
     [](G g) {
       g.Node("Binarizer", {"m"}, "i", {Real("threshold", INFINITY)}, "ai.onnx.ml").Output("i");
     },
     Code::kInvalidArgument, "output 'probabilities': threshold is inf, want a finite number"},
    {"a_value_computed_twice", [](G g) { g.Node("Relu", {"m"}, "m").Output("m"); },
     Code::kInvalidArgument,
     "node 'n1' (Relu): there is a value 'm' already, want names that differ"},
    {"a_constant_computed_again", [](G g) { g.Node("Relu", {"m"}, "b").Output("b"); },
     Code::kInvalidArgument, "node 'n1' (Relu): there is a value 'b' already"},
    {"the_input_computed_again", [](G g) { g.Node("Relu", {"m"}, "x").Output("x"); },
     Code::kInvalidArgument, "node 'n1' (Relu): there is a value 'x' already"},
    {"two_constants_of_the_same_name", [](G g) { g.Floats("b", {1}, {7}).Output("m"); },
     Code::kInvalidArgument, "initializers: there is a value 'b' already"},
    {"a_cycle",
     [](G g) {
       g.Node("Add", {"m", "later"}, "sooner").Node("Relu", {"sooner"}, "later").Output("later");
     },
     Code::kInvalidArgument, "node 'n1' (Add): reads 'later', which no node before it computes"},
    {"a_bias_that_is_no_number",
     [](G g) {
       g.Floats("c", {3}, {1, NAN, 3}).Node("Add", {"m", "c"}, "y").Output("y").Output("m");
     },
     Code::kInvalidArgument, "output 'y': scales or shifts values by numbers that are not finite"},
    {"a_slope_that_is_no_number",
     [](G g) {
       g.Floats("c", {3}, {1, NAN, 3}).Node("PRelu", {"m", "c"}, "y").Output("y").Output("m");
     },
     Code::kInvalidArgument, "output 'y': scales or shifts values by numbers that are not finite"},
    {"an_infinite_scale_before_a_layer",
     [](G g) {
       g.Floats("c", {}, {INFINITY}).Floats("u", {3, 1}, {1, 2, 3}).Node("Mul", {"m", "c"}, "k");
       g.Node("MatMul", {"k", "u"}, "y").Output("y").Output("m");
     },
     Code::kInvalidArgument,
     "node 'n2' (MatMul): scales or shifts values by numbers that are not finite"},
    {"sizes_that_overflow_beside_a_zero",
     [](G g) {
       const int64_t big = int64_t{1} << 62;
       g.Raw("c", DataType::kFloat, {0, big, big}, "");
       g.Node("Transpose", {"c"}, "y", {Integers("perm", {0, 2, 1})});
     },
     Code::kInvalidArgument, "tensor 'c': has shape [0, 4611686018427387904, 46116"},
    {"outputs_of_the_same_name", [](G g) { g.Output("m").Output("m"); }, Code::kInvalidArgument,
     "there are two outputs 'm', want names that differ"},
};

INSTANTIATE_TEST_SUITE_P(Graphs, OnnxRefusalTest, ::testing::ValuesIn(kRefusals),
                         [](const auto& test) { return test.param.name; });

TEST(OnnxRefusal, NamesTheFileOfExternalDataThatIsTooShort) {
  OnnxBuilder graph;
  graph.Input("x", {-1, 2}).External("w", {2, 3}, {{"location", "d"}, {"offset", "4"}});
  graph.Node("MatMul", {"x", "w"}, "y").Output("y");
  const std::string data(24, '\0');
  const auto mlp = ImportOnnx(
      graph.Build(), [&](std::string_view) { return absl::StatusOr<std::string_view>(data); });
  EXPECT_THAT(
      mlp, StatusIs(Code::kDataLoss, HasSubstr("wants 24 bytes at offset 4 of 'd', which has 24")));
}

TEST(OnnxRefusal, IsDataLossForWhatIsNoOnnxFile) {
  EXPECT_THAT(ImportOnnx(""), StatusIs(Code::kDataLoss, HasSubstr("holds no graph")));
  EXPECT_THAT(ImportOnnx("plain text"), StatusIs(Code::kDataLoss, HasSubstr("no ONNX message")));
  const std::string groups(100'000, '\x0b');  // each opens one more
  EXPECT_THAT(ImportOnnx(groups), StatusIs(Code::kDataLoss, HasSubstr("no ONNX message")));
}

TEST(OnnxRefusal, LimitsWhatManySmallNodesMayAddUpTo) {
  OnnxBuilder graph;
  graph.Input("x", {-1, 1000}).Floats("c", {1000}, std::vector<float>(1000, 2));
  graph.Node("Mul", {"x", "c"}, "v0");
  for (int i = 0; i < 400; ++i) {
    graph.Node("Neg", {fmt::format("v{}", i)}, fmt::format("v{}", i + 1));
  }
  EXPECT_THAT(ImportOnnx(graph.Output("v400").Build()),
              StatusIs(Code::kResourceExhausted, HasSubstr("more than a file of this size may")));
}

// Two axes of 2 for those of 2 and 3 would be fewer values than there are.
TEST(OnnxRefusal, KeepsEveryValueOfARow) {
  OnnxBuilder graph;
  graph.Input("x", {-1, 2, 3}).Floats("c", {2, 2}, {1, 2, 3, 4});
  graph.Node("Transpose", {"x"}, "t", {Integers("perm", {0, 1, 1})});
  graph.Node("Mul", {"t", "c"}, "y").Output("y");
  EXPECT_THAT(
      ImportOnnx(graph.Build()),
      StatusIs(Code::kInvalidArgument,
               HasSubstr("node 'n0' (Transpose): has perm [0, 1, 1] for shape [rows, 2, 3]")));
}

// No weights bear out how wide the rows are.
TEST(OnnxRefusal, LimitsRowsThatAreWideInWordsOnly) {
  const std::vector<int64_t> shape{-1, int64_t{1} << 40};
  OnnxBuilder scaled;
  scaled.Input("x", shape).Floats("c", {}, {2}).Node("Mul", {"x", "c"}, "y").Output("y");
  EXPECT_THAT(ImportOnnx(scaled.Build()),
              StatusIs(Code::kResourceExhausted, HasSubstr("wants 2199023255552 more elements")));
  OnnxBuilder labelled;
  labelled.Input("x", shape).Node("ArgMax", {"x"}, "y", {Integer("axis", 1)}).Output("y");
  EXPECT_THAT(ImportOnnx(labelled.Build()),
              StatusIs(Code::kResourceExhausted, HasSubstr("wants 1099511627776 more elements")));
}

constexpr size_t kLong = size_t{1} << 20;  // bytes of a string

TEST(OnnxRefusal, LimitsCopiesOfALongString) {
  OnnxBuilder expanded = Start();
  expanded.Strings("s", {std::string(kLong, 's')}).Int64s("n", {1}, {1000});
  expanded.Node("Expand", {"s", "n"}, "t").Output("m");
  EXPECT_THAT(ImportOnnx(expanded.Build()),
              StatusIs(Code::kResourceExhausted, HasSubstr("node 'n1' (Expand): wants 1048576")));
  OnnxBuilder joined = Start();
  joined.Strings("s", {std::string(kLong, 's')});
  joined.Node("Concat", std::vector<std::string>(1000, "s"), "t", {Integer("axis", 0)});
  EXPECT_THAT(ImportOnnx(joined.Output("m").Build()),
              StatusIs(Code::kResourceExhausted, HasSubstr("node 'n1' (Concat): ")));
}

TEST(OnnxRefusal, LimitsCopiesOfClassLabels) {
  OnnxBuilder graph = Start();
  graph.Strings("c", {std::string(kLong, 'a'), "b", "c"});
  graph.Node("ArgMax", {"m"}, "i", {Integer("axis", 1)}).Node("Gather", {"c", "i"}, "l0");
  for (int i = 0; i < 1000; ++i) {
    graph.Node("Identity", {fmt::format("l{}", i)}, fmt::format("l{}", i + 1));
  }
  EXPECT_THAT(ImportOnnx(graph.Output("l1000").Build()),
              StatusIs(Code::kResourceExhausted, HasSubstr("(Identity): wants 1048576 more")));
}

// An input left out is none, whatever a node before has named its output.
TEST(OnnxRefusal, TakesNoValueForAnInputThatIsLeftOut) {
  OnnxBuilder graph = Start();
  graph.Floats("", {}, {3}).Node("Relu", {"m"}, "").Node("Tanh", {"m"}, "");
  const auto mlp = ImportOnnx(graph.Node("Clip", {"m", "", ""}, "y").Output("y").Build());
  ASSERT_TRUE(mlp.ok()) << mlp.status();
  EXPECT_EQ(mlp->layers.back().activation->name, "identity");
}

TEST(OnnxRefusal, TakesOnlyUtf8ForNames) {
  OnnxBuilder graph;
  graph.Input("x", {-1, 2}).Floats("w", {2, 2}, {1, 2, 3, 4}).Node("MatMul", {"x", "w"}, "\xff");
  const auto mlp = ImportOnnx(OnnxBuilder(graph).Output("\xff").Build());
  ASSERT_TRUE(mlp.ok()) << mlp.status();
  EXPECT_EQ(mlp->outputs.front().name, "output");
  graph.Strings("c", {"caf\xc3\xa9", "caf\xe9"})
      .Node("ArgMax", {"\xff"}, "i", {Integer("axis", 1)});
  graph.Node("Gather", {"c", "i"}, "label").Output("label");
  EXPECT_THAT(ImportOnnx(graph.Build()),
              StatusIs(Code::kInvalidArgument, HasSubstr("class label 1 is not UTF-8")));
}

TEST(OnnxRefusal, LimitsNodes) {
  OnnxBuilder graph = Start();
  for (size_t i = 0; i < onnx::kMaxNodes; ++i) graph.Node("", {}, "");
  EXPECT_THAT(ImportOnnx(graph.Build()),
              StatusIs(Code::kResourceExhausted, HasSubstr("has more than 10000 nodes")));
}

}  // namespace
}  // namespace hillock::onnx
