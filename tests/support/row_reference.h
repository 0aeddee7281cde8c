// SPDX-License-Identifier: Apache-2.0

// Row operations in double precision, with how far a computation in float may be from them.

#ifndef HILLOCK_TESTS_SUPPORT_ROW_REFERENCE_H_
#define HILLOCK_TESTS_SUPPORT_ROW_REFERENCE_H_

#include <span>
#include <vector>

#include "server/core/model/mlp.h"
#include "tests/support/reference.h"

namespace hillock::testing {

// What the operation of a layer makes of one row of its sources, before the activation.
// REQUIRES: the layer is one of a valid Mlp, and not dense.
std::vector<Approximate> EvaluateOperation(const model::Layer& layer,
                                           std::span<const std::vector<Approximate>> sources);

// Whether all errors are finite.
bool AreKnown(std::span<const Approximate> x);

// x; its error infinite where it or its error is not finite, or near the end of the floats.
Approximate OrUnknown(const Approximate& x);

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_ROW_REFERENCE_H_
