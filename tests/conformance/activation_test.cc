// Every activation's fallback kernel on every instruction set that this CPU has, against the double
// reference: bit patterns over the whole float line, special values, tails, in place, page ends.

#include "server/activation/activation.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "server/kernel/fallback.h"
#include "tests/conformance/isa.h"
#include "tests/conformance/ulp.h"

namespace hillock::testing {
namespace {

using activation::Params;
using activation::Scope;
using activation::Spec;

// Odd, so that the low bits of the patterns vary: 2^32 / 255 is over 16 million patterns.
constexpr uint64_t kStride = 255;

// Every pattern, when the environment asks for it.
uint64_t Stride() { return std::getenv("HILLOCK_EXHAUSTIVE") == nullptr ? kStride : 1; }
constexpr size_t kBlock = 4096;

Params DefaultsOf(const Spec& spec) { return *activation::ResolveParams(spec, {}); }

std::vector<const Spec*> SpecsThat(bool by_row) {
  std::vector<const Spec*> specs;
  for (const Spec& spec : activation::All()) {
    if ((spec.scope == Scope::kRow) == by_row) specs.push_back(&spec);
  }
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

// The element that is furthest from its reference, in ULP.
struct Worst {
  double ulp = 0;
  float x = 0;
  float got = 0;
  double want = 0;

  void Meet(float input, float output, double reference) {
    const double error = UlpError(output, reference);
    if (error > ulp) *this = {error, input, output, reference};
  }
};

std::ostream& operator<<(std::ostream& out, const Worst& worst) {
  return out << fmt::format("{:.2f} ULP: f({:a}) is {:a}, want {:a}", worst.ulp, worst.x, worst.got,
                            worst.want);
}

class Elementwise : public ::testing::TestWithParam<const Spec*> {};

TEST_P(Elementwise, StaysWithinToleranceOverTheFloatLine) {
  const Spec& spec = *GetParam();
  const Params params = DefaultsOf(spec);
  const std::vector<Isa> isas = UsableIsas();
  const uint64_t stride = Stride();
  std::vector<Worst> worst(isas.size());
  std::vector<float> x;
  std::vector<double> want;
  std::vector<float> got(kBlock);
  for (uint64_t bits = 0; bits < uint64_t{1} << 32;) {
    x.clear();
    want.clear();
    for (; x.size() < kBlock && bits < uint64_t{1} << 32; bits += stride) {
      const float value = std::bit_cast<float>(static_cast<uint32_t>(bits));
      if (!std::isfinite(value)) continue;
      x.push_back(value);
      want.push_back(spec.reference(value, params));
    }
    for (size_t i = 0; i < isas.size(); ++i) {
      const ScopedIsa scope(isas[i]);
      Evaluate(spec, x.data(), got.data(), x.size());
      for (size_t k = 0; k < x.size(); ++k) worst[i].Meet(x[k], got[k], want[k]);
    }
  }
  for (size_t i = 0; i < isas.size(); ++i) {
    std::cout << fmt::format("{:16} {:6} worst ", spec.name, isas[i].name) << worst[i] << std::endl;
    EXPECT_LE(worst[i].ulp, spec.tolerance.ulp) << worst[i];
  }
}

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

INSTANTIATE_TEST_SUITE_P(All, Elementwise, ::testing::ValuesIn(SpecsThat(false)), NameOf);

class ByRow : public ::testing::TestWithParam<const Spec*> {};

TEST_P(ByRow, AgreesWithTheReferenceForEveryWidthAndRange) {
  const Spec& spec = *GetParam();
  uint32_t state = 1;
  const auto next = [&state] {
    state = state * 1664525u + 1013904223u;
    return static_cast<float>(state >> 8) * 0x1p-23f - 1.0f;
  };
  for (const Isa& isa : UsableIsas()) {
    const ScopedIsa scope(isa);
    for (const float range : {1.0f, 30.0f, 1000.0f, 1e38f}) {
      for (size_t n = 1; n <= 70; ++n) {
        std::vector<float> x(n);
        std::vector<float> got(n);
        for (float& value : x) value = range * next();
        const std::vector<double> exact(x.begin(), x.end());
        std::vector<double> want(n);
        spec.reference_row(exact, want);
        Evaluate(spec, x.data(), got.data(), n);
        Worst worst;
        for (size_t i = 0; i < n; ++i) worst.Meet(x[i], got[i], want[i]);
        EXPECT_LE(worst.ulp, spec.tolerance.ulp)
            << fmt::format("{} on {}, {} columns up to {}: ", spec.name, isa.name, n, range)
            << worst;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, ByRow, ::testing::ValuesIn(SpecsThat(true)), NameOf);

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
