// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_MODEL_MLP_H_
#define HILLOCK_SERVER_CORE_MODEL_MLP_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/core/base/status.h"
#include "server/core/model/interface.h"
#include "server/core/model/row_operation.h"
#include "server/core/model/value_id.h"

namespace hillock::model {

// One layer. Most are dense, y = f(W x + b); the others compute f of a row operation.
struct Layer {
  std::string name;

  // Of a dense layer; else a single kInput, 0 and empty.
  ValueId source = ValueId::kInput;  // what it reads
  size_t inputs = 0;
  std::vector<float> weights{};  // [outputs][inputs], row-major
  std::vector<float> bias{};     // [outputs]

  // Of any other layer.
  std::optional<RowOperation> operation{};
  std::vector<ValueId> operands{};  // what it reads

  size_t outputs = 0;
  const activation::Spec* activation = nullptr;
  activation::Params params{};
  std::vector<float> slopes{};  // [outputs] for a per-unit activation, else empty
  size_t group = 0;  // columns that a row activation runs over at a time; 0: all. Dense layers: 0

  bool is_dense() const { return !operation.has_value(); }

  // The values that it reads.
  std::span<const ValueId> sources() const {
    return is_dense() ? std::span(&source, 1) : std::span<const ValueId>(operands);
  }
};

// A layer without its weights, bias and slopes, which may be large.
Layer WithoutWeights(const Layer& layer);

// A multi-layer perceptron as read from a file: complete, with every default filled in. Most are a
// chain of dense layers with one input and one output; in general layers are a directed acyclic
// graph of operations on rows, and any of them may be an output. Once Validate() has passed it is
// treated as immutable.
struct Mlp {
  std::string producer;
  std::vector<Input> inputs;       // side by side they are the input row
  std::vector<std::string> words;  // what the floats of BYTES tensors stand for
  std::vector<float> offset;       // of the normalization, [input_width()], or empty for none
  std::vector<float> scale;        // of the normalization, [input_width()], or empty for none
  std::vector<Layer> layers;       // each after those that it reads
  std::vector<Output> outputs;
  std::vector<LeftOut> left_out;

  // Floats in a row: of the input, of a value, of an output, and of all outputs that are values.
  size_t input_width() const;
  size_t width(ValueId value) const {
    return value == ValueId::kInput ? input_width() : layers[LayerOf(value)].outputs;
  }
  size_t width(const Output& output) const {
    return output.is_constant ? output.constant.size() : width(output.source);
  }
  size_t answer_width() const;

  // The shape that an output has on the wire.
  TensorShape ShapeOf(const Output& output) const;

  // Whether each layer is dense and reads the one before it, and the last is the only output.
  bool is_chain() const;

  // Whether finite rows are all that layers ever see, apart from overflow.
  bool is_finite() const;

  // Arithmetic of one row: two for every weight, and one for every other element.
  size_t flops_per_row() const;

  // The name that the labels of an output have on the wire: "label" when there is one output, else
  // that output's own name and "_label".
  std::string LabelName(const Output& output) const;
};

// Checks what holds for every Mlp: inputs and outputs with names that differ and shapes that fit
// their widths; at least one layer or constant; layers that read values before their own and are
// read or put out; sizes that agree with each other; finite numbers; activations with the slopes
// they need. INVALID_ARGUMENT naming the layer, input or output, got and want.
absl::Status Validate(const Mlp& mlp);

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_MLP_H_
