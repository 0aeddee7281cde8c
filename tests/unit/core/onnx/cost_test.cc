// SPDX-License-Identifier: Apache-2.0

// Whoever wrote a file, importing it takes work and memory in proportion to its bytes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "server/core/onnx/graph.h"
#include "server/core/onnx/lowering/layers.h"
#include "server/core/onnx/reading/budget.h"
#include "server/core/onnx/reading/messages.h"
#include "tests/support/allocations.h"
#include "tests/support/hostile_onnx.h"
#include "tests/support/status_matchers.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::AllocationMeter;
using ::hillock::testing::HostileOnnx;
using ::hillock::testing::HostileOnnxFiles;
using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using onnx::Budget;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

// What an import came to, and what it took.
struct Cost {
  absl::Status status;
  size_t file_bytes = 0;
  size_t steps = 0;
  size_t allocated = 0;
};

absl::StatusOr<model::Mlp> Import(std::string_view content, Budget& budget) {
  HILLOCK_ASSIGN_OR_RETURN(const onnx::ModelView view, onnx::ParseModel(content));
  const auto no_file = [](std::string_view) -> absl::StatusOr<std::string_view> {
    return absl::NotFoundError("no external data");
  };
  return onnx::ImportGraph(view, no_file, budget);
}

Cost Measure(std::string_view name, size_t n) {
  const auto file = std::ranges::find(HostileOnnxFiles(), name, &HostileOnnx::name);
  HILLOCK_CHECK(file != HostileOnnxFiles().end());
  const std::string content = file->make(n);
  Budget budget(content.size());
  const AllocationMeter meter;
  const absl::Status status = Import(content, budget).status();
  return {status, content.size(), budget.steps(), meter.bytes()};
}

struct Fine {
  std::string_view name;
  size_t n;
};

void PrintTo(const Fine& each, std::ostream* out) { *out << each.name << ", n = " << each.n; }

constexpr Fine kFine[] = {
    {"same_swish", 50},  {"other_swish", 50},  {"gelus", 50},         {"hard_swishes", 50},
    {"mishes", 50},      {"scaled_gelus", 50}, {"scaled_mishes", 50}, {"scaled_gcu", 5},
    {"many_edges", 4},   {"many_units", 6},    {"identities", 200},   {"transposes", 200},
    {"casts", 200},      {"doublings", 200},   {"constants", 200},    {"initializers", 200},
    {"attributes", 800}, {"unused", 200},      {"deep_heads", 640},   {"softmaxes", 4},
};

class OnnxCostTest : public ::testing::TestWithParam<Fine> {};

TEST_P(OnnxCostTest, GrowsNoFasterThanTheFile) {
  const auto [name, n] = GetParam();
  const Cost one = Measure(name, n);
  const Cost four = Measure(name, 4 * n);
  ASSERT_THAT(one.status, IsOk());
  ASSERT_THAT(four.status, IsOk());
  EXPECT_LE(four.steps, 5 * one.steps);
  EXPECT_LE(four.allocated, 5 * one.allocated);
}

INSTANTIATE_TEST_SUITE_P(Files, OnnxCostTest, ::testing::ValuesIn(kFine),
                         [](const auto& test) { return std::string(test.param.name); });

struct Bounded {
  std::string_view name;
  size_t n;
  Code code = Code::kOk;  // accepted, as it takes little
  std::string_view text = "";
};

void PrintTo(const Bounded& each, std::ostream* out) { *out << each.name << ", n = " << each.n; }

constexpr Bounded kBounded[] = {
    {"scaled_gcu", 500},
    {"many_edges", 90},
    {"many_units", 100, Code::kResourceExhausted, "more than a file of this size may"},
    {"doubled_rows", 4000},
    {"rare_number", 2000, Code::kResourceExhausted, "(Add): tensor 'c': takes the import to "},
    {"rank", 4000, Code::kInvalidArgument, "node 'n1' (Expand): has 40001 axes, want at most 8"},
    {"wrong_shape", 4000, Code::kInvalidArgument, "(Reshape): has 4000 axes, want at most 8"},
    {"wide_softmax", 4000, Code::kResourceExhausted, "(Softmax): wants 4000 more elements"},
    {"wide_clip", 4000, Code::kResourceExhausted, "(Clip): wants 4000 more elements"},
    {"wide_prelu", 4000, Code::kResourceExhausted, "(PRelu): wants 4000 more elements"},
    {"wide_logs", 4000, Code::kResourceExhausted, "(Log): wants 4000 more elements"},
    {"named_outputs", 4000, Code::kResourceExhausted, "output 'y': wants 4000 more elements"},
    {"softmaxes", 65},
    {"same_swish", 3000, Code::kResourceExhausted, "has more than 10000 nodes"},
    {"columns", 4000, Code::kResourceExhausted, "(Gather): wants 4001 more elements"},
    {"turned", 4000, Code::kResourceExhausted, "(Slice): wants 4000 more elements"},
    {"shuffled", 4000, Code::kResourceExhausted, "(Concat): wants 57600 more elements"},
    {"expanded", 4000, Code::kResourceExhausted,
     "node 'n0' (Expand): wants 16777216 more elements"},
    {"tiled", 4000, Code::kResourceExhausted, "(Tile): wants 65536 more elements"},
    {"concatenated", 4000, Code::kResourceExhausted, "(Concat): wants 65536 more elements"},
    {"one_hots", 4000, Code::kResourceExhausted,
     "node 'n0' (OneHot): wants 10000000000 more elements"},
    {"entries", 4000, Code::kResourceExhausted, "(Gather): wants 16777216 more elements"},
    {"vectors", 4000, Code::kResourceExhausted, "node 'n1' (MatMul): wants 256000 more elements"},
    {"pairs", 4000, Code::kResourceExhausted, "node 'n2' (MatMul): wants 16000000 more elements"},
    {"splits", 10, Code::kResourceExhausted, "(Split): wants 4 more elements"},
    {"filled", 1000, Code::kResourceExhausted,
     "node 'n3' (ConstantOfShape): wants 1099511627776 more elements"},
    {"empty", 1000},
    {"doubling_functions", 14, Code::kResourceExhausted,
     "has more than 10000 nodes with its functions written out"},
    {"long_bodies", 4000, Code::kResourceExhausted, "(F): wants 15998 more elements"},
    {"shared_lists", 4000, Code::kResourceExhausted, "(F): wants "},
    {"large_branches", 4000, Code::kResourceExhausted, "(If): wants 4001 more elements"},
    {"nested_branches", 600},
    {"word_tables", 4000, Code::kResourceExhausted,
     "(Gather): tensor 'w': wants 4000 more elements"},
    {"categories", 4000, Code::kResourceExhausted, "(OneHotEncoder): wants 16000000 more elements"},
};

class OnnxBoundedCostTest : public ::testing::TestWithParam<Bounded> {};

// Bytes that are allocated for each of a file, most of them again and again: a node of 20 bytes
// becomes a value, a base and a layer with their names, and each of them moves as lists grow.
constexpr size_t kMaxAllocations = 1024;
constexpr size_t kMaxFixedAllocations = size_t{16} << 20;

// A step more than may be ends the import, if not at once.
TEST_P(OnnxBoundedCostTest, IsInProportionToTheFile) {
  const Cost cost = Measure(GetParam().name, GetParam().n);
  if (GetParam().code == Code::kOk) {
    EXPECT_THAT(cost.status, IsOk());
  } else {
    EXPECT_THAT(cost.status, StatusIs(GetParam().code, HasSubstr(std::string(GetParam().text))));
  }
  const size_t most_steps = Budget::kFreeSteps + Budget::kStepsPerByte * cost.file_bytes;
  EXPECT_LE(cost.steps, most_steps + most_steps / 8);
  EXPECT_LE(cost.allocated, kMaxFixedAllocations + kMaxAllocations * cost.file_bytes)
      << "of a file of " << cost.file_bytes << " bytes";
}

INSTANTIATE_TEST_SUITE_P(Files, OnnxBoundedCostTest, ::testing::ValuesIn(kBounded),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(OnnxCost, IsTriedWithEveryHostileFile) {
  std::set<std::string_view> tried;
  for (const Fine& each : kFine) tried.insert(each.name);
  for (const Bounded& each : kBounded) tried.insert(each.name);
  for (const HostileOnnx& file : HostileOnnxFiles()) {
    EXPECT_TRUE(tried.contains(file.name)) << file.name;
  }
}

// Most of it goes into trials that fail, which a few samples have to tell.
TEST(OnnxCost, OfAnActivationIsSmall) {
  for (const std::string_view name : {"gelus", "mishes", "scaled_gelus", "scaled_mishes"}) {
    constexpr size_t kActivations = 100;
    EXPECT_LE(Measure(name, kActivations).steps, 10'000 * kActivations) << name;
  }
}

}  // namespace
}  // namespace hillock::onnx
