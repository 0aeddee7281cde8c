// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/core/activation/table-inl.h"

namespace hillock::activation {
namespace {

template <class A>
constexpr Spec Describe(size_t index) {
  Spec spec = A::kSpec;
  spec.index = index;
  while (spec.param_count < kMaxParams && !spec.params[spec.param_count].name.empty()) {
    ++spec.param_count;
  }
  spec.derivative = &A::Derivative;
  if constexpr (A::kSpec.scope == Scope::kRow) {
    spec.reference_row = &A::ReferenceRow;
  } else {
    spec.reference = &A::Reference;
  }
  return spec;
}

template <class... A>
constexpr std::array<Spec, sizeof...(A)> DescribeAll(HWY_NAMESPACE::TypeList<A...>) {
  size_t index = 0;
  return {Describe<A>(index++)...};
}

constexpr auto kTable = DescribeAll(HWY_NAMESPACE::All());

std::string ParamNames(const Spec& spec) {
  std::vector<std::string_view> names;
  for (size_t i = 0; i < spec.param_count; ++i) names.push_back(spec.params[i].name);
  return names.empty() ? "no parameters" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::span<const Spec> All() { return kTable; }

const Spec* Find(std::string_view name) {
  const auto it = std::ranges::find(kTable, name, &Spec::name);
  return it == kTable.end() ? nullptr : &*it;
}

absl::StatusOr<Params> ResolveParams(const Spec& spec, const std::map<std::string, float>& given) {
  Params params{};
  for (size_t i = 0; i < spec.param_count; ++i) params[i] = spec.params[i].default_value;
  for (const auto& [name, value] : given) {
    const auto end = spec.params.begin() + spec.param_count;
    const auto it = std::ranges::find(spec.params.begin(), end, name, &ParamSpec::name);
    if (it == end) {
      return absl::InvalidArgumentError(fmt::format("activation '{}': got parameter '{}', want {}",
                                                    spec.name, Excerpt(name), ParamNames(spec)));
    }
    if (!(value >= it->low && value <= it->high)) {
      return absl::InvalidArgumentError(
          fmt::format("activation '{}': got {} = {}, want a number from {} to {}", spec.name, name,
                      value, it->low, it->high));
    }
    params[static_cast<size_t>(it - spec.params.begin())] = value;
  }
  if (spec.params_ascend && params[0] > params[1]) {
    return absl::InvalidArgumentError(fmt::format(
        "activation '{}': got {} = {} > {} = {}, want {}", spec.name, spec.params[0].name,
        params[0], spec.params[1].name, params[1], "them in ascending order"));
  }
  return params;
}

}  // namespace hillock::activation
