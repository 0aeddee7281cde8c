// SPDX-License-Identifier: Apache-2.0

// Makes selections of columns cheaper: a cut of a dense layer's outputs is rows of its matrix.

#ifndef HILLOCK_SERVER_CORE_ENGINE_REWRITE_SELECTION_FOLDING_H_
#define HILLOCK_SERVER_CORE_ENGINE_REWRITE_SELECTION_FOLDING_H_

#include "server/core/engine/rewrite/rewrite.h"
#include "server/core/model/mlp.h"

namespace hillock::engine {

// Whether FoldSelections() may find something to do; false for a chain of dense layers.
bool HasSelections(const model::Mlp& mlp);

// Rewrites in two ways. Both keep every sum as it is, also where rows are not
// finite.
//
// A selection of all columns of one value in their order, or a copy, without an activation, is that
// value. An output that would be the input then keeps its layer.
//
// A dense layer that is no output, and is read by selections of its columns alone, becomes a dense
// layer for each of them, with the selection's name: its units are rows of the matrix. The
// activation is the one of the two that is not identity, and not a row function of the dense layer.
// Refused where the new layers are wider together than the old one, in units of kUnitStep.
//
// REQUIRES: Validate(mlp) is OK, and then it is for the result. Thread-safety: pure.
Rewritten FoldSelections(model::Mlp mlp);

// Units that a dense layer computes at a time, more or less.
inline constexpr size_t kUnitStep = 16;

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_REWRITE_SELECTION_FOLDING_H_
