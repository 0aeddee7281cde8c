// SPDX-License-Identifier: Apache-2.0

// Every activation on either backend against the double reference: on the fallback, with every
// instruction set that this CPU has, bit patterns over the whole float line, special values, tails,
// in place, page ends; on oneDNN what oneDNN promises.

#include "server/core/activation/activation.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_split.h"
#include "server/core/activation/figures.h"
#include "server/core/kernel/fallback.h"
#include "server/core/kernel/onednn.h"
#include "tests/conformance/accuracy.h"
#include "tests/conformance/isa.h"
#include "tests/conformance/onednn_tolerance.h"
#include "tests/conformance/ulp.h"
#include "tests/conformance/worst.h"

namespace hillock::testing {
namespace {

using activation::Params;
using activation::Scope;
using activation::Spec;

Params DefaultsOf(const Spec& spec) { return *activation::ResolveParams(spec, {}); }

std::vector<const Spec*> AllSpecs() {
  std::vector<const Spec*> specs;
  for (const Spec& spec : activation::All()) specs.push_back(&spec);
  return specs;
}

std::vector<const Spec*> ElementwiseSpecs() {
  std::vector<const Spec*> specs = AllSpecs();
  std::erase_if(specs, [](const Spec* spec) { return spec->scope == Scope::kRow; });
  return specs;
}

std::string NameOf(const ::testing::TestParamInfo<const Spec*>& info) {
  return std::string(info.param->name);
}

// Runs the kernel over one row as `spec` wants it, per-unit parameters all at their default.
void Evaluate(const Spec& spec, const float* src, float* dst, size_t n) {
  const Params params = DefaultsOf(spec);
  const std::vector<float> slopes(n, params[0]);
  kernel::fallback::FindActivation(spec)(params, slopes.data(), src, dst, 1, n);
}

// Recorded figures are rounded to this.
constexpr double kRounding = 0.01;

// Whether the record speaks of this measurement: of as many patterns, on an instruction set that
// the machine measured on had.
bool IsRecorded(std::string_view isa) {
  const std::vector<std::string> recorded =
      absl::StrSplit(std::string(activation::MeasuredOn().instruction_sets), ' ');
  return Stride() == kUsualStride && std::ranges::count(recorded, isa) > 0;
}

class EachActivation : public ::testing::TestWithParam<const Spec*> {};

TEST_P(EachActivation, StaysWithinItsToleranceAndTheRecordOnTheFallback) {
  const Spec& spec = *GetParam();
  const activation::Figures* const figures = activation::FindFigures(spec);
  const std::vector<Isa> isas = UsableIsas();
  std::vector<Kernel> kernels;
  for (const Isa& isa : isas) kernels.push_back(FallbackKernel(spec, isa));
  const std::vector<Accuracy> accuracies = MeasureAccuracy(spec, kernels);
  for (size_t i = 0; i < isas.size(); ++i) {
    const Worst& worst = accuracies[i].ulp;
    std::cout << fmt::format("{:16} {:9} worst ULP ", spec.name, isas[i].name) << worst
              << std::endl;
    EXPECT_LE(worst.error, spec.tolerance.ulp) << isas[i].name << ", ULP " << worst;
    if (figures != nullptr && IsRecorded(isas[i].name)) {
      EXPECT_LE(worst.error, figures->fallback.ulp + kRounding)
          << isas[i].name << ", ULP " << worst;
    }
  }
}

TEST_P(EachActivation, KeepsOneDnnsOwnToleranceOnOneDnn) {
  const Spec& spec = *GetParam();
  const auto kernel = OneDnnKernel(spec);
  // There is nothing to compare: the fallback is the only backend for it.
  if (!kernel) GTEST_SKIP() << "not in oneDNN " << kernel::onednn::Version();
  const OneDnnTolerance tolerance = OneDnnToleranceOf(spec);
  Accuracy accuracy;
  Worst share;
  std::vector<float> got;
  Walk(spec, [&](std::span<const float> x, std::span<const double> want) {
    got.resize(x.size());
    (*kernel)(x, got);
    for (size_t i = 0; i < x.size(); ++i) {
      const float reach = Reach(spec, x, i);
      accuracy.Meet(x[i], reach, got[i], want[i]);
      if (reach > activation::kAbsoluteErrorRange) continue;
      share.Meet(tolerance.ShareOf(got[i], want[i]), x[i], got[i], want[i]);
    }
  });
  std::cout << fmt::format("{:16} oneDNN    worst ULP ", spec.name) << accuracy.ulp
            << "; worst absolute error " << accuracy.absolute << "; share of tolerance " << share
            << std::endl;
  EXPECT_LE(share.error, 1) << share;
}

INSTANTIATE_TEST_SUITE_P(All, EachActivation, ::testing::ValuesIn(AllSpecs()), NameOf);

class Elementwise : public ::testing::TestWithParam<const Spec*> {};

TEST_P(Elementwise, GivesTheReferencesSpecialValuesBitForBit) {
  const Spec& spec = *GetParam();
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const float specials[] = {0.0f, -0.0f, kInf, -kInf, std::numeric_limits<float>::quiet_NaN()};
  for (const Isa& isa : UsableIsas()) {
    const ScopedIsa scope(isa);
    for (const float x : specials) {
      float got = 0;
      Evaluate(spec, &x, &got, 1);
      const auto want = static_cast<float>(spec.reference(x, DefaultsOf(spec)));
      EXPECT_TRUE(SameBits(got, want))
          << fmt::format("{} on {}: f({}) is {}, want {}", spec.name, isa.name, x, got, want);
    }
  }
}

TEST_P(Elementwise, GivesEachElementTheSameAnswerWhateverTheLengthAndPlace) {
  const Spec& spec = *GetParam();
  std::vector<float> x(67);
  for (size_t i = 0; i < x.size(); ++i) x[i] = -6.0f + 0.18f * static_cast<float>(i);
  for (const Isa& isa : UsableIsas()) {
    const ScopedIsa scope(isa);
    std::vector<float> all(x.size());
    Evaluate(spec, x.data(), all.data(), x.size());
    for (size_t n = 0; n <= x.size(); ++n) {
      // At the end, so that the start is unaligned; in place.
      std::vector<float> some(x.end() - static_cast<std::ptrdiff_t>(n), x.end());
      Evaluate(spec, some.data(), some.data(), n);
      for (size_t i = 0; i < n; ++i) {
        EXPECT_TRUE(SameBits(some[i], all[x.size() - n + i]))
            << fmt::format("{} on {}: {} elements, element {}", spec.name, isa.name, n, i);
      }
    }
  }
}

// Memory whose end is the end of the accessible world.
class GuardedPage {
 public:
  GuardedPage() : size_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
    void* const pages =
        mmap(nullptr, 2 * size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    base_ = static_cast<char*>(pages);
    mprotect(base_ + size_, size_, PROT_NONE);
  }
  ~GuardedPage() { munmap(base_, 2 * size_); }
  float* Last(size_t n) { return reinterpret_cast<float*>(base_ + size_) - n; }

 private:
  size_t size_;
  char* base_;
};

TEST_P(Elementwise, TouchesNothingBeyondItsElements) {
  const Spec& spec = *GetParam();
  GuardedPage page;
  for (const Isa& isa : UsableIsas()) {
    const ScopedIsa scope(isa);
    for (size_t n = 1; n <= 40; ++n) {
      float* const last = page.Last(n);
      std::fill(last, last + n, 0.5f);
      Evaluate(spec, last, last, n);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Elementwise, ::testing::ValuesIn(ElementwiseSpecs()), NameOf);

TEST(Isas, OfThisCpuAreAllAmongThoseTested) {
  std::set<std::string> names;
  for (const Isa& isa : UsableIsas()) names.insert(isa.name);
#if defined(__x86_64__)
  EXPECT_EQ(names.contains("AVX3"), __builtin_cpu_supports("avx512vl") != 0);
  EXPECT_EQ(names.contains("AVX2"), __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ(names.contains("SSE4"), __builtin_cpu_supports("sse4.2") != 0);
#endif
  EXPECT_FALSE(names.empty());
}

TEST(Isas, AreTheOnesThatRunWhenChosen) {
  for (const Isa& isa : UsableIsas()) {
    const ScopedIsa scope(isa);
    EXPECT_EQ(kernel::fallback::InstructionSet(), isa.name);
  }
}

}  // namespace
}  // namespace hillock::testing
