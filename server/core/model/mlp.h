#ifndef HILLOCK_SERVER_CORE_MODEL_MLP_H_
#define HILLOCK_SERVER_CORE_MODEL_MLP_H_

#include <cstddef>
#include <string>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/core/base/status.h"
#include "server/core/model/value_id.h"

namespace hillock::model {

inline constexpr float kDefaultThreshold = 0.5f;

// Most outputs that a model has; label outputs are not counted.
inline constexpr size_t kMaxOutputs = 64;

// One layer: y = f(W x + b).
struct Layer {
  std::string name;
  ValueId source = ValueId::kInput;  // what it reads
  size_t inputs = 0;
  size_t outputs = 0;
  std::vector<float> weights;  // [outputs][inputs], row-major
  std::vector<float> bias;     // [outputs]
  const activation::Spec* activation = nullptr;
  activation::Params params{};
  std::vector<float> slopes;  // [outputs] for a per-unit activation, else empty
};

// A layer without its weights, bias and slopes, which may be large.
Layer WithoutWeights(const Layer& layer);

// What a model answers with: the value of one of its layers.
struct Output {
  std::string name;
  ValueId source = ValueId::kInput;         // the value that it is; in a valid model not the input
  std::vector<std::string> class_labels{};  // may be empty; else see proto/mlp.proto
  float threshold = kDefaultThreshold;      // where the second class of one column begins, or yes
  bool multilabel = false;                  // each column says yes or no; there are no class_labels

  // Whether there is an output of labels beside that of the floats.
  bool has_labels() const { return multilabel || !class_labels.empty(); }
};

// A multi-layer perceptron as read from a file: complete, with every default filled in. Most are a
// chain of layers with one output; in general layers are a tree, and any of them may be an output.
// Once Validate() has passed it is treated as immutable.
struct Mlp {
  std::string producer;
  std::string input_name;
  std::vector<float> offset;  // of the normalization, [inputs], or empty for none
  std::vector<float> scale;   // of the normalization, [inputs], or empty for none
  std::vector<Layer> layers;  // each after the one it reads
  std::vector<Output> outputs;

  size_t inputs() const { return layers.front().inputs; }

  // Floats in a row: of a value, of an output, and of all outputs.
  size_t width(ValueId value) const {
    return value == ValueId::kInput ? inputs() : layers[LayerOf(value)].outputs;
  }
  size_t width(const Output& output) const { return width(output.source); }
  size_t answer_width() const;

  // Whether each layer reads the one before it, and the last is the only output.
  bool is_chain() const;

  // Arithmetic of one row: two for every weight.
  size_t flops_per_row() const;

  // The name that the labels of an output have on the wire: "label" when there is one output, else
  // that output's own name and "_label".
  std::string LabelName(const Output& output) const;
};

// Checks what holds for every Mlp: at least one layer, each of which reads a value before its own
// and is read or is an output; sizes that agree with each other; finite numbers; activations with
// the slopes they need; 1 to kMaxOutputs outputs whose names, with those of their labels, differ.
// INVALID_ARGUMENT naming the layer or output, got and want.
absl::Status Validate(const Mlp& mlp);

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_MLP_H_
