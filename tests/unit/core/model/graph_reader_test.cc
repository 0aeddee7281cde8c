// SPDX-License-Identifier: Apache-2.0

// What is read of version 3 alone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "server/core/model/reader.h"
#include "tests/support/allocations.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/model/model_file.h"

namespace hillock::model {
namespace {

using ::hillock::testing::AllocationMeter;
using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint32_t kHuge = std::numeric_limits<uint32_t>::max();

// Two inputs of one column; the second column of both, and the sum of all.
v1::Mlp GraphFile() {
  v1::Mlp file;
  file.set_format_version(3);
  for (int i = 0; i < 2; ++i) file.add_inputs()->set_width(1);
  auto& select = *file.add_layers();
  select.set_outputs(1);
  const uint32_t column = 1;
  select.mutable_select()->set_columns(&column, sizeof(column));
  select.add_operands(0);
  auto& sum = *file.add_layers();
  sum.set_outputs(1);
  sum.mutable_reduce()->set_reduction("sum");
  sum.add_operands(0);
  for (const uint32_t source : {1u, 2u}) {
    auto& output = *file.add_outputs();
    output.set_width(1);
    output.set_source(source);
  }
  return file;
}

TEST(ReadGraph, FillsInTheDefaultOfEveryEmptyField) {
  const auto mlp = ReadMlp(Sealed(GraphFile()));
  ASSERT_THAT(mlp, IsOk());
  ASSERT_EQ(mlp->inputs.size(), 2u);
  EXPECT_EQ(mlp->inputs[1].name, "input1");
  EXPECT_EQ(mlp->inputs[1].datatype, Datatype::kFp32);
  EXPECT_THAT(mlp->inputs[1].shape, ElementsAre(-1, 1));
  EXPECT_TRUE(mlp->inputs[1].required);
  EXPECT_EQ(mlp->outputs[0].datatype, Datatype::kFp32);
  EXPECT_THAT(mlp->outputs[0].shape, IsEmpty());
  EXPECT_EQ(mlp->layers[1].activation->name, "identity");
  EXPECT_THAT(mlp->layers[1].operands, ElementsAre(ValueId::kInput));
}

TEST(ReadGraph, TakesAnEmptyNormalizationForNone) {
  v1::Mlp file = GraphFile();
  file.mutable_normalization();
  const auto mlp = ReadMlp(Sealed(file));
  ASSERT_THAT(mlp, IsOk());
  EXPECT_THAT(mlp->offset, IsEmpty());
}

TEST(ReadGraph, NormalizesOverAllColumnsWithoutAGroup) {
  v1::Mlp file = GraphFile();
  file.mutable_layers(1)->mutable_normalize();
  file.mutable_layers(1)->set_outputs(2);
  file.mutable_outputs(1)->set_width(2);
  const auto mlp = ReadMlp(Sealed(file));
  ASSERT_THAT(mlp, IsOk());
  EXPECT_EQ(std::get<Normalize>(*mlp->layers[1].operation).group, 2u);
}

struct BadGraph {
  std::string name;
  std::function<void(v1::Mlp&)> change;
  std::string message;
  absl::StatusCode code = absl::StatusCode::kInvalidArgument;
};

std::ostream& operator<<(std::ostream& out, const BadGraph& bad) { return out << bad.name; }

class ReadBadGraph : public ::testing::TestWithParam<BadGraph> {};

TEST_P(ReadBadGraph, SaysWhatIsWrongAndAllocatesLittle) {
  v1::Mlp file = GraphFile();
  GetParam().change(file);
  const std::string content = Sealed(file);
  const AllocationMeter meter(size_t{1} << 20);
  EXPECT_THAT(ReadMlp(content), StatusIs(GetParam().code, HasSubstr(GetParam().message)));
  EXPECT_LT(meter.largest(), 4096 + 2 * content.size());
}

constexpr auto kUnknown = absl::StatusCode::kUnimplemented;

v1::Layer& First(v1::Mlp& file) { return *file.mutable_layers(0); }
v1::Input& Input0(v1::Mlp& file) { return *file.mutable_inputs(0); }
v1::Output& Output0(v1::Mlp& file) { return *file.mutable_outputs(0); }

INSTANTIATE_TEST_SUITE_P(
    Versions, ReadBadGraph,
    ::testing::Values(BadGraph{"input_beside", [](v1::Mlp& f) { f.mutable_input()->set_width(1); },
                               "has fields of format version 1, but is of 3"},
                      BadGraph{"labels_beside", [](v1::Mlp& f) { f.add_class_labels("a"); },
                               "has fields of format version 1, but is of 3"},
                      BadGraph{"of_version_2", [](v1::Mlp& f) { f.set_format_version(2); },
                               "has fields of format version 3, but is of 2"},
                      BadGraph{"of_version_1", [](v1::Mlp& f) { f.set_format_version(1); },
                               "has fields of format version 3, but is of 1"}),
    ::testing::PrintToStringParamName());

INSTANTIATE_TEST_SUITE_P(
    Layers, ReadBadGraph,
    ::testing::Values(
        BadGraph{"function", [](v1::Mlp& f) { First(f).mutable_combine()->set_function("sing"); },
                 "layer 0 '': unknown function 'sing'", kUnknown},
        BadGraph{"reduction", [](v1::Mlp& f) { First(f).mutable_reduce()->set_reduction(""); },
                 "layer 0 '': unknown reduction ''", kUnknown},
        BadGraph{"part_of_a_column",
                 [](v1::Mlp& f) { First(f).mutable_select()->set_columns("12345"); },
                 "columns has 5 bytes, want a multiple of 4"},
        BadGraph{"far_column",
                 [](v1::Mlp& f) { First(f).mutable_select()->set_columns("\xff\xff\xff\xff"); },
                 "layer 0 'layer0': selects column 4294967295 of 2"},
        BadGraph{"columns", [](v1::Mlp& f) { First(f).set_outputs(kHuge); },
                 "inputs and row operations have 4294967298 columns, want at most 4194304"},
        BadGraph{"operand", [](v1::Mlp& f) { First(f).set_operands(0, kHuge); },
                 "layer 0 'layer0': reads value 4294967295, want at most 0"},
        BadGraph{"dense_with_operands", [](v1::Mlp& f) { First(f).clear_operation(); },
                 "layer 0 '': is dense and has 1 operands, want none"},
        BadGraph{"source_beside", [](v1::Mlp& f) { First(f).set_source(0); },
                 "is a row operation and has a source, inputs, weights or bias"},
        BadGraph{"weights_beside", [](v1::Mlp& f) { First(f).set_weights(Packed({1})); },
                 "is a row operation and has a source, inputs, weights or bias"},
        BadGraph{"group", [](v1::Mlp& f) { First(f).set_group(2); },
                 "layer 0 'layer0': runs over groups of 2 of 1 columns"},
        BadGraph{"wide_combination",
                 [](v1::Mlp& f) {
                   First(f).mutable_combine()->set_function("copy");
                   First(f).set_outputs(1u << 30);
                 },
                 "inputs and row operations have 1073741827 columns"},
        BadGraph{"scale_of_another_width",
                 [](v1::Mlp& f) {
                   First(f).mutable_scale()->set_scale(Packed({1, 2}));
                   First(f).set_outputs(2);
                 },
                 "layer 0 'layer0': has 0 shifts, want 2"},
        BadGraph{"lookup_without_a_table",
                 [](v1::Mlp& f) { First(f).mutable_lookup()->set_width(kHuge); },
                 "layer 0 'layer0': has a table of 0 floats for 4294967295 columns"},
        BadGraph{"normalization_of_huge_groups",
                 [](v1::Mlp& f) {
                   First(f).mutable_normalize()->set_group(kHuge);
                   First(f).set_outputs(2);
                 },
                 "layer 0 'layer0': has groups of 4294967295 for 2 columns"}),
    ::testing::PrintToStringParamName());

INSTANTIATE_TEST_SUITE_P(
    Tensors, ReadBadGraph,
    ::testing::Values(
        BadGraph{"no_inputs", [](v1::Mlp& f) { f.clear_inputs(); }, "has 0 inputs, want 1 to 64"},
        BadGraph{"same_inputs", [](v1::Mlp& f) { Input0(f).set_name("input1"); },
                 "there are two inputs 'input1', want names that differ"},
        BadGraph{"input_width", [](v1::Mlp& f) { Input0(f).set_width(1u << 23); },
                 "inputs and row operations have 8388611 columns, want at most 4194304"},
        BadGraph{"input_of_no_width", [](v1::Mlp& f) { Input0(f).clear_width(); },
                 "input 'input0': has width 0, want at least 1"},
        BadGraph{"input_datatype", [](v1::Mlp& f) { Input0(f).set_datatype("FP128"); },
                 "input 'input0': unknown datatype 'FP128'", kUnknown},
        BadGraph{"input_shape", [](v1::Mlp& f) { Input0(f).mutable_shape()->add_sizes(3); },
                 "input 'input0': has shape [3] for rows of 1 elements"},
        BadGraph{"smallest_size",
                 [](v1::Mlp& f) {
                   Input0(f).mutable_shape()->add_sizes(std::numeric_limits<int64_t>::min());
                 },
                 "input 'input0': has shape [-9223372036854775808] for rows of 1 elements"},
        BadGraph{"sizes_whose_product_wraps",
                 [](v1::Mlp& f) {
                   for (int i = 0; i < 4; ++i) {
                     Input0(f).mutable_shape()->add_sizes(int64_t{1} << 31);
                   }
                 },
                 "for rows of 1 elements"},
        BadGraph{"low",
                 [](v1::Mlp& f) {
                   Input0(f).set_low(Packed({1, 2}));
                 },
                 "input 'input0': low has 2 floats, want 1"},
        BadGraph{"part_of_high", [](v1::Mlp& f) { Input0(f).set_high("123"); },
                 "input 'input0': high has 3 bytes, want a multiple of 4"},
        BadGraph{"normalization_of_another_width",
                 [](v1::Mlp& f) { f.mutable_normalization()->set_scale(Packed({1})); },
                 "normalization: scale has 1 floats, want 2"},
        BadGraph{"output_datatype", [](v1::Mlp& f) { Output0(f).set_datatype("fp32"); },
                 "output 'output0': unknown datatype 'fp32'", kUnknown},
        BadGraph{"column_names",
                 [](v1::Mlp& f) {
                   for (const char* name : {"a", "b"}) Output0(f).add_column_names(name);
                 },
                 "output 'output0': has 2 column names, want 1"},
        BadGraph{"constant_with_a_source",
                 [](v1::Mlp& f) { Output0(f).mutable_constant()->set_values(Packed({1})); },
                 "output 'output0': is a constant and has a source or class labels"},
        BadGraph{"constant_of_another_width",
                 [](v1::Mlp& f) {
                   auto& output = *f.add_outputs();
                   output.set_width(7);
                   output.mutable_constant()->set_values(Packed({1}));
                 },
                 "output 'output2' has width 7, want 1"},
        BadGraph{"left_out_name",
                 [](v1::Mlp& f) { f.add_left_out()->set_name(std::string(129, 'n')); },
                 "left out output name has 129 characters, want at most 128"}),
    ::testing::PrintToStringParamName());

}  // namespace
}  // namespace hillock::model
