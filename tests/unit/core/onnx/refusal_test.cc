// SPDX-License-Identifier: Apache-2.0

// What is no function of a row is refused by node, operator and reason.

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

using ::hillock::testing::Branch;
using ::hillock::testing::Integer;
using ::hillock::testing::Integers;
using ::hillock::testing::OnnxBuilder;
using onnx::DataType;
using Code = absl::StatusCode;
using G = OnnxBuilder&;

class OnnxRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(OnnxRefusalTest, SaysWhereAndWhy) { ExpectRefused(GetParam(), Code::kUnimplemented); }

const Refusal kRefusals[] = {
    {"convolution",
     [](G g) {
       g.Node("Conv", {"m", "w"}, "y").Output("y");
     },
     "output 'y': node 'n1' (Conv): convolves or pools over space"},
    {"foreign_domain", [](G g) { g.Node("Frobnicate", {"m"}, "y", {}, "com.acme").Output("y"); },
     "node 'n1' (Frobnicate): is no operator that this server computes (domain 'com.acme')"},
    {"random_numbers", [](G g) { g.Node("RandomNormalLike", {"m"}, "y").Output("y"); },
     "output 'y': node 'n1' (RandomNormalLike): draws random numbers"},
    {"what_reads_random_numbers",
     [](G g) {
       g.Node("RandomUniformLike", {"m"}, "r").Node("Add", {"m", "r"}, "y").Output("y");
     },
     "output 'y': node 'n1' (RandomUniformLike): draws random numbers"},
    {"a_loop",
     [](G g) {
       g.Node("Loop", {"", "", "m"}, "y").Output("y");
     },
     "node 'n1' (Loop): loops, and a model here is computed in one go"},
    {"a_branch_for_each_row",
     [](G g) {
       g.Floats("zero", {}, {0}).Node("Greater", {"m", "zero"}, "c");
       g.Node("If", {"c"}, "y", {Branch("then_branch", OnnxBuilder().Output("m"))}).Output("y");
     },
     "node 'n2' (If): takes a branch for each row"},
    {"functions_without_end",
     [](G g) {
       OnnxBuilder body;
       g.Function("f", "F", {"a"}, {"b"}, body.Node("F", {"a"}, "b", {}, "f"));
       g.Node("F", {"m"}, "y", {}, "f").Output("y");
     },
     "calls functions more than 16 deep"},
    {"transposed_rows",
     [](G g) {
       g.Node("Gemm", {"m", "w"}, "y", {Integer("transA", 1)}).Output("y");
     },
     "output 'y': node 'n1' (Gemm): multiplies across the rows"},
    {"rows_as_weights",
     [](G g) {
       g.Node("MatMul", {"w", "m"}, "y").Output("y");
     },
     "output 'y': node 'n1' (MatMul): multiplies across the rows"},
    {"rows_with_rows",
     [](G g) {
       g.Node("Transpose", {"m"}, "t").Node("MatMul", {"m", "t"}, "y").Output("y");
     },
     "node 'n2' (MatMul): multiplies rows with rows"},
    {"softmax_over_the_batch",
     [](G g) { g.Node("Softmax", {"m"}, "y", {Integer("axis", 0)}).Output("y"); },
     "output 'y': node 'n1' (Softmax): runs over the rows"},
    {"the_mean_of_the_rows",
     [](G g) { g.Node("ReduceMean", {"m"}, "y", {Integers("axes", {0})}).Output("y"); },
     "node 'n1' (ReduceMean): runs over the rows"},
    {"rows_after_rows",
     [](G g) {
       g.Node("Concat", {"m", "m"}, "y", {Integer("axis", 0)}).Output("y");
     },
     "node 'n1' (Concat): joins values along the rows"},
    {"the_first_row",
     [](G g) {
       g.Int64s("i", {}, {0}).Node("Gather", {"m", "i"}, "y").Output("y");
     },
     "node 'n1' (Gather): picks along the rows"},
    {"all_rows_but_one",
     [](G g) {
       g.Int64s("i", {1}, {1}).Int64s("j", {1}, {INT64_MAX}).Node("Slice", {"m", "i", "j"}, "y");
       g.Output("y");
     },
     "node 'n1' (Slice): cuts along the rows"},
    {"rows_turned_into_columns", [](G g) { g.Node("Transpose", {"m"}, "y").Output("y"); },
     "output 'y': has its rows along axis 1 of [3, rows], want them first"},
    {"a_type_of_no_use",
     [](G g) {
       g.Raw("c", static_cast<DataType>(14), {1}, "12345678").Node("Add", {"m", "c"}, "y");
       g.Output("y");
     },
     "node 'n1' (Add): tensor 'c': has elements of ONNX type 14"},
    {"dropout_that_trains",
     [](G g) {
       g.Floats("ratio", {}, {0.5f}).Raw("on", DataType::kBool, {}, std::string(1, '\1'));
       g.Node("Dropout", {"m", "ratio", "on"}, "y").Output("y");
     },
     "node 'n1' (Dropout): is in training mode"},
};

INSTANTIATE_TEST_SUITE_P(Graphs, OnnxRefusalTest, ::testing::ValuesIn(kRefusals),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace hillock::onnx
