#ifndef HILLOCK_SERVER_MODEL_MLP_H_
#define HILLOCK_SERVER_MODEL_MLP_H_

#include <cstddef>
#include <string>
#include <vector>

#include "server/activation/activation.h"
#include "server/base/status.h"

namespace hillock::model {

inline constexpr float kDefaultThreshold = 0.5f;

// One layer: y = f(W x + b).
struct Layer {
  std::string name;
  size_t inputs = 0;
  size_t outputs = 0;
  std::vector<float> weights;  // [outputs][inputs], row-major
  std::vector<float> bias;     // [outputs]
  const activation::Spec* activation = nullptr;
  activation::Params params{};
  std::vector<float> slopes;  // [outputs] for a per-unit activation, else empty
};

// A multi-layer perceptron as read from a file: complete, with every default filled in. Once
// Validate() has passed it is treated as immutable.
struct Mlp {
  std::string producer;
  std::string input_name;
  std::string output_name;
  std::vector<float> offset;  // of the normalisation, [inputs], or empty for none
  std::vector<float> scale;   // of the normalisation, [inputs], or empty for none
  std::vector<Layer> layers;
  std::vector<std::string> class_labels;  // may be empty; else see proto/mlp.proto
  float threshold = kDefaultThreshold;    // where the second class of a one-column output begins

  size_t inputs() const { return layers.front().inputs; }
  size_t outputs() const { return layers.back().outputs; }

  // Arithmetic of one row: two for every weight.
  size_t flops_per_row() const;
};

// Checks what every Mlp holds: at least one layer, sizes that agree with each other, finite
// numbers, activations with the slopes they need. INVALID_ARGUMENT naming the layer, got and want.
absl::Status Validate(const Mlp& mlp);

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_MODEL_MLP_H_
