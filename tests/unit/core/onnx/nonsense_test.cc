// SPDX-License-Identifier: Apache-2.0

// Graphs that make no sense are refused by node, operator and what they should have.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "server/core/onnx/import.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/onnx/refusals.h"

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
using G = OnnxBuilder&;

class OnnxNonsenseTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(OnnxNonsenseTest, IsRefusedByName) { ExpectRefused(GetParam(), Code::kInvalidArgument); }

const Refusal kNonsense[] = {
    {"weights_that_do_not_fit",
     [](G g) {
       g.Node("MatMul", {"m", "w"}, "y").Output("y");
     },
     "node 'n1' (MatMul): has weights for 2 values, got rows of shape [rows, 3]"},
    {"bias_that_does_not_fit",
     [](G g) {
       g.Floats("c", {2}, {1, 2}).Node("Add", {"m", "c"}, "y").Output("y");
     },
     "node 'n1' (Add): combines shapes [rows, 3] and [2]"},
    {"a_function_that_lacks_its_output",
     [](G g) {
       OnnxBuilder body;
       g.Function("f", "F", {"a"}, {"c"}, body.Node("Relu", {"a"}, "b"));
       g.Node("F", {"m"}, "y", {}, "f").Output("y");
     },
     "node 'n1' (F): no node of its function computes 'c'"},
    {"scales_of_another_width",
     [](G g) {
       g.Floats("c", {5}, {1, 2, 3, 4, 5}).Node("LayerNormalization", {"m", "c"}, "y").Output("y");
     },
     "node 'n1' (LayerNormalization): expands shape [5] to [rows, 3]"},
    {"two_scales_of_a_number",
     [](G g) {
       g.Raw("q", DataType::kInt8, {}, "1").Raw("zero", DataType::kInt8, {2}, "12");
       g.Floats("s", {2}, {1, 2}).Floats("one", {}, {1});
       g.Node("QLinearMatMul", {"m", "one", "", "q", "s", "zero", "one", ""}, "y").Output("y");
     },
     "node 'n1' (QLinearMatMul): "},
    {"a_branch_that_is_not_there",
     [](G g) {
       g.Raw("c", DataType::kBool, {}, std::string(1, '\1')).Node("If", {"c"}, "y").Output("y");
     },
     "node 'n1' (If): lacks a branch"},
    {"an_axis_twice",
     [](G g) {
       g.Int64s("s", {3}, {-1, 3, 1}).Node("Reshape", {"m", "s"}, "t");
       g.Node("Transpose", {"t"}, "y", {Integers("perm", {0, 2, 2})}).Output("y");
     },
     "node 'n2' (Transpose): has perm [0, 2, 2] for shape [rows, 3, 1]"},
    {"a_constants_axis_twice",
     [](G g) {
       g.Node("Transpose", {"w"}, "y", {Integers("perm", {1, 1})}).Output("m");
     },
     "node 'n1' (Transpose): has perm [1, 1] for shape [2, 3]"},
    {"a_perm_of_many_axes",
     [](G g) {
       const std::vector<int64_t> perm(1000, 0);
       g.Node("Transpose", {"w"}, "y", {Integers("perm", perm)}).Output("m");
     },
     "0, 0, ... 1000 sizes] for shape [2, 3]"},
    {"an_axis_far_in_front",
     [](G g) { g.Node("Softmax", {"m"}, "y", {Integer("axis", INT64_MIN)}).Output("y"); },
     "node 'n1' (Softmax): got axis -9223372036854775808, want one of 2 axes"},
    {"an_axis_far_behind",
     [](G g) { g.Node("Flatten", {"m"}, "y", {Integer("axis", INT64_MAX)}).Output("y"); },
     "node 'n1' (Flatten): got axis 9223372036854775807, want one of 2 axes"},
    {"axes_far_away",
     [](G g) {
       g.Int64s("s", {1}, {INT64_MIN}).Node("Squeeze", {"m", "s"}, "y").Output("y");
     },
     "node 'n1' (Squeeze): got axis -9223372036854775808, want one of 2"},
    {"many_axes",
     [](G g) {
       g.Int64s("s", {9}, {1, 2, 3, 4, 5, 6, 7, 8, 9}).Node("Unsqueeze", {"m", "s"}, "y");
     },
     "node 'n1' (Unsqueeze): has 11 axes, want at most 8"},
    {"a_part_far_away",
     [](G g) {
       g.Int64s("low", {1}, {INT64_MIN}).Int64s("high", {1}, {INT64_MAX});
       g.Node("Slice", {"b", "low", "high"}, "c").Node("Reshape", {"c", "low"}, "y");
     },
     "node 'n2' (Reshape): cannot turn shape [3] into [rows]"},
    {"a_constant_input_left_out",
     [](G g) {
       g.Node("Add", {"", "b"}, "t").Node("Add", {"m", "t"}, "y").Output("y");
     },
     "node 'n1' (Add): leaves input 0 out, which it needs"},
    {"a_constant_left_out_of_a_reshape",
     [](G g) {
       g.Int64s("s", {1}, {1}).Node("Reshape", {"", "s"}, "t").Node("Add", {"m", "t"}, "y");
     },
     "node 'n1' (Reshape): leaves input 0 out, which it needs"},
    {"an_only_input_left_out", [](G g) { g.Node("Identity", {""}, "y").Output("y"); },
     "node 'n1' (Identity): leaves input 0 out, which it needs"},
    {"an_input_left_out_before_the_rows",
     [](G g) {
       g.Node("Dropout", {"", "m"}, "y").Output("y");
     },
     "node 'n1' (Dropout): leaves input 0 out, which it needs"},
    {"more_targets_than_numbers",
     [](G g) {
       const int64_t targets = (int64_t{1} << 62) + 1;  // times 4, the lowest 64 bits are 4
       g.Floats("u", {3, 4}, std::vector<float>(12, 1)).Node("MatMul", {"m", "u"}, "k");
       g.Node("LinearRegressor", {"k"}, "y",
              {Reals("coefficients", {1, 2, 3, 4}), Integer("targets", targets)}, "ai.onnx.ml");
     },
     "node 'n2' (LinearRegressor): has 4 coefficients, want 4611686018427387905 x 4"},
    {"no_targets",
     [](G g) {
       g.Node("LinearRegressor", {"m"}, "y", {Integer("targets", -1)}, "ai.onnx.ml").Output("y");
     },
     "node 'n1' (LinearRegressor): has 0 coefficients, want 0 x 3"},
    {"unknown_value", [](G g) { g.Node("Relu", {"nowhere"}, "y").Output("y"); },
     "node 'n1' (Relu): reads 'nowhere', which no node before it computes"},
    {"unknown_output", [](G g) { g.Output("nowhere"); }, "no node computes output 'nowhere'"},
    {"no_output", [](G g) { g.Output("b"); }, "no output of the graph depends on its input"},
    {"bytes_that_do_not_fit",
     [](G g) {
       g.Raw("c", DataType::kFloat, {3}, "12345678").Node("Add", {"m", "c"}, "y").Output("y");
     },
     "tensor 'c': has 8 bytes, want 12 for its shape [3]"},
    {"a_double_beyond_floats",
     [](G g) {
       const double huge = 1e300;
       g.Raw("c", DataType::kDouble, {1}, {reinterpret_cast<const char*>(&huge), sizeof(huge)});
       g.Node("Add", {"m", "c"}, "y").Output("y");
     },
     "tensor 'c': holds the double 1e+300, want numbers that a 32-bit"},
    {"a_negative_size",
     [](G g) {
       g.Raw("c", DataType::kFloat, {-4}, "").Node("Add", {"m", "c"}, "y");
     },
     "tensor 'c': has shape [-4]"},
    {"sizes_that_overflow",
     [](G g) {
       const int64_t big = int64_t{1} << 32;
       g.Raw("c", DataType::kFloat, {big, big}, "").Node("Add", {"m", "c"}, "y");
     },
     "tensor 'c': has shape [4294967296, 4294967296]"},
    {"weights_that_are_no_number",
     [](G g) {
       g.Floats("u", {3, 1}, {1, NAN, 3}).Node("MatMul", {"m", "u"}, "y").Output("y");
     },
     "layer 1 'n1': weights[1] is nan, want a finite number"},
    {"external_data",
     [](G g) {
       g.External("c", {3}, {{"location", "../d"}}).Node("Add", {"m", "c"}, "y").Output("y");
     },
     "tensor 'c': refers to file '../d', want one file"},
    {"too_few_labels",
     [](G g) {
       g.Node("Softmax", {"m"}, "p");
       g.Node("ZipMap", {"p"}, "y", {Integers("classlabels_int64s", {1, 2})}, "ai.onnx.ml");
       g.Output("y");
     },
     "node 'n2' (ZipMap): has 2 class labels, want 3, one a column"},
    {"a_value_computed_twice", [](G g) { g.Node("Relu", {"m"}, "m").Output("m"); },
     "node 'n1' (Relu): there is a value 'm' already, want names that differ"},
    {"a_constant_computed_again", [](G g) { g.Node("Relu", {"m"}, "b").Output("b"); },
     "node 'n1' (Relu): there is a value 'b' already"},
    {"the_input_computed_again", [](G g) { g.Node("Relu", {"m"}, "x").Output("x"); },
     "node 'n1' (Relu): there is a value 'x' already"},
    {"two_constants_of_the_same_name", [](G g) { g.Floats("b", {1}, {7}).Output("m"); },
     "initializers: there is a value 'b' already"},
    {"a_cycle",
     [](G g) {
       g.Node("Add", {"m", "later"}, "sooner").Node("Relu", {"sooner"}, "later").Output("later");
     },
     "node 'n1' (Add): reads 'later', which no node before it computes"},
    {"a_bias_that_is_no_number",
     [](G g) {
       g.Floats("c", {3}, {1, NAN, 3}).Node("Add", {"m", "c"}, "y").Output("y").Output("m");
     },
     "output 'y': scales or shifts values by numbers that are not finite"},
    {"a_slope_that_is_no_number",
     [](G g) {
       g.Floats("c", {3}, {1, NAN, 3}).Node("PRelu", {"m", "c"}, "y").Output("y").Output("m");
     },
     "output 'y': scales or shifts values by numbers that are not finite"},
    {"an_infinite_scale_before_a_layer",
     [](G g) {
       g.Floats("c", {}, {INFINITY}).Floats("u", {3, 1}, {1, 2, 3}).Node("Mul", {"m", "c"}, "k");
       g.Node("MatMul", {"k", "u"}, "y").Output("y").Output("m");
     },
     "node 'n2' (MatMul): scales or shifts values by numbers that are not finite"},
    {"sizes_that_overflow_beside_a_zero",
     [](G g) {
       const int64_t big = int64_t{1} << 62;
       g.Raw("c", DataType::kFloat, {0, big, big}, "");
       g.Node("Transpose", {"c"}, "y", {Integers("perm", {0, 2, 1})});
     },
     "tensor 'c': has shape [0, 4611686018427387904, 46116"},
    {"outputs_of_the_same_name", [](G g) { g.Output("m").Output("m"); },
     "there are two outputs 'm', want names that differ"},
};

INSTANTIATE_TEST_SUITE_P(Graphs, OnnxNonsenseTest, ::testing::ValuesIn(kNonsense),
                         [](const auto& test) { return test.param.name; });

TEST(OnnxNonsense, NamesTheFileOfExternalDataThatIsTooShort) {
  OnnxBuilder graph;
  graph.Input("x", {-1, 2}).External("w", {2, 3}, {{"location", "d"}, {"offset", "4"}});
  graph.Node("MatMul", {"x", "w"}, "y").Output("y");
  const std::string data(24, '\0');
  const auto mlp = ImportOnnx(
      graph.Build(), [&](std::string_view) { return absl::StatusOr<std::string_view>(data); });
  EXPECT_THAT(
      mlp, StatusIs(Code::kDataLoss, HasSubstr("wants 24 bytes at offset 4 of 'd', which has 24")));
}

TEST(OnnxNonsense, IsDataLossForWhatIsNoOnnxFile) {
  EXPECT_THAT(ImportOnnx(""), StatusIs(Code::kDataLoss, HasSubstr("holds no graph")));
  EXPECT_THAT(ImportOnnx("plain text"), StatusIs(Code::kDataLoss, HasSubstr("no ONNX message")));
  const std::string groups(100'000, '\x0b');  // each opens one more
  EXPECT_THAT(ImportOnnx(groups), StatusIs(Code::kDataLoss, HasSubstr("no ONNX message")));
}

// Two axes of 2 for those of 2 and 3 would be fewer values than there are.
TEST(OnnxNonsense, KeepsEveryValueOfARow) {
  OnnxBuilder graph;
  graph.Input("x", {-1, 2, 3}).Floats("c", {2, 2}, {1, 2, 3, 4});
  graph.Node("Transpose", {"x"}, "t", {Integers("perm", {0, 1, 1})});
  graph.Node("Mul", {"t", "c"}, "y").Output("y");
  EXPECT_THAT(
      ImportOnnx(graph.Build()),
      StatusIs(Code::kInvalidArgument,
               HasSubstr("node 'n0' (Transpose): has perm [0, 1, 1] for shape [rows, 2, 3]")));
}

TEST(OnnxNonsense, IsAStringThatIsNotUtf8) {
  OnnxBuilder graph;
  graph.Input("x", {-1, 2}).Floats("w", {2, 2}, {1, 2, 3, 4}).Node("MatMul", {"x", "w"}, "\xff");
  const auto mlp = ImportOnnx(OnnxBuilder(graph).Output("\xff").Build());
  ASSERT_TRUE(mlp.ok()) << mlp.status();
  EXPECT_EQ(mlp->outputs.front().name, "output") << "a name is replaced";
  graph.Strings("c", {"caf\xc3\xa9", "caf\xe9"});
  graph.Node("ArgMax", {"\xff"}, "i", {Integer("axis", 1)}).Node("Gather", {"c", "i"}, "label");
  EXPECT_THAT(ImportOnnx(graph.Output("label", DataType::kString).Build()),
              StatusIs(Code::kInvalidArgument, HasSubstr("string 1 of the graph is not UTF-8")));
}

// An input left out is none, whatever a node before has named its output.
TEST(OnnxNonsense, IsNoInputThatIsLeftOut) {
  OnnxBuilder graph = SmallGraph();
  graph.Floats("", {}, {3}).Node("Relu", {"m"}, "").Node("Tanh", {"m"}, "");
  const auto mlp = ImportOnnx(graph.Node("Clip", {"m", "", ""}, "y").Output("y").Build());
  ASSERT_TRUE(mlp.ok()) << mlp.status();
  EXPECT_EQ(mlp->layers.back().activation->name, "identity");
}

}  // namespace
}  // namespace hillock::onnx
