// SPDX-License-Identifier: Apache-2.0

// The nets of row operations that engine_bench times, by name:
//
//   resnet-D-H-B     RTDL ResNet: B times x + W2 relu(W1 batch_norm(x)), D wide, H hidden
//   layernorm-D-B    B times relu(W layer_norm(x))
//   swiglu-D-H-B     B times x + W2 (swish(a) * b), a and b the halves of W1 layer_norm(x), each H
//   wide residual-D-B     B times x + relu(W x)
//
// each after a dense layer of D inputs, and before one of one output.

#ifndef HILLOCK_TESTS_BENCH_GRAPH_MODELS_H_
#define HILLOCK_TESTS_BENCH_GRAPH_MODELS_H_

#include <string>

#include "server/core/model/mlp.h"

namespace hillock::bench {

// Whether the name is that of a net above.
bool IsGraphModel(const std::string& name);

// The net, its weights random.
model::Mlp MakeGraphModel(const std::string& name);

}  // namespace hillock::bench

#endif  // HILLOCK_TESTS_BENCH_GRAPH_MODELS_H_
