// SPDX-License-Identifier: Apache-2.0

// Makes a model cheaper to compute before it is compiled, with the same answers.

#ifndef HILLOCK_SERVER_CORE_ENGINE_REWRITE_REWRITE_H_
#define HILLOCK_SERVER_CORE_ENGINE_REWRITE_REWRITE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "server/core/base/precision.h"
#include "server/core/model/mlp.h"

namespace hillock::engine {

// |got - want| <= kRewriteTolerance x (1 + |want|), for got of a rewritten model in float and want
// of the original in double, where the layers after the rewritten ones do not magnify.
inline constexpr double kRewriteTolerance = 1e-5;

struct Rewritten {
  model::Mlp mlp;

  // What was done, and what was not because it would not have kept the answer; one line each, for
  // the log: "collapsed 'a' 64->32 and 'b' 32->10 into 'b' 64->10: 640 multiply-adds a row, 1728
  // saved".
  std::vector<std::string> notes;
};

// Rewrites in two ways, where there is something to gain.
//
// Collapsing: a chain of dense layers with nothing but `identity` between them, of which only the
// last is read elsewhere, is one dense layer:
//
//   W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2)
//
// So is a scale, s x + t, after one of them; before the first it stays, as it rounds values there
// and would round weights. Of all ways to join such a chain the one with the fewest multiply-adds
// is taken: 64->8->64 takes 1024 as two layers and 4096 as one, and stays. The result has the last
// layer's name, also in metrics, and its activation. Products are computed in double and rounded
// once, so the rounding error is smaller than the chain's. Refused when a product overflows a
// float, or would take more than kMaxProduct multiply-adds to compute.
//
// Normalization folding: the normalization of the input goes into the weights of every dense layer
// that reads it, or into none. Refused when a layer that is not dense reads it, when a number
// overflows a float, when KeepsTheAnswer() says so, and in a precision whose PrecisionSpec does not
// fold.
//
// Both hold for finite rows only: an infinity that meets weights of both signs is NaN after the
// second layer of a chain, and may be an infinity after one.
//
// REQUIRES: Validate(mlp) is OK, and then it is for the result. Thread-safety: pure.
Rewritten Rewrite(model::Mlp mlp, Precision precision = Precision::kF32);

// Bounds the time that a collapse takes while loading: about a second.
inline constexpr size_t kMaxProduct = size_t{1} << 30;

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_REWRITE_REWRITE_H_
