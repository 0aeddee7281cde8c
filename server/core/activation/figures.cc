// SPDX-License-Identifier: Apache-2.0
#include "server/core/activation/figures.h"

#include <algorithm>
#include <iterator>

namespace hillock::activation {
namespace {

#include "server/core/activation/figures.inc"

}  // namespace

const Figures* FindFigures(const Spec& spec) {
  const auto* const it = std::ranges::find(kFigures, spec.name, &Figures::activation);
  return it == std::end(kFigures) ? nullptr : it;
}

const Machine& MeasuredOn() { return kMachine; }

}  // namespace hillock::activation
