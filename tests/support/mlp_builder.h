#ifndef HILLOCK_TESTS_SUPPORT_MLP_BUILDER_H_
#define HILLOCK_TESTS_SUPPORT_MLP_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/model/mlp.h"
#include "tests/support/random.h"

namespace hillock::testing {

// Makes small valid MLPs with weights that a seed determines:
//   MlpBuilder(16, seed).Add(64, "relu").Add(8, "softmax").Normalized().Build()
// Weights shrink with the width of a layer, so pre-activations stay around 1 at any depth.
class MlpBuilder {
 public:
  explicit MlpBuilder(size_t inputs, uint32_t seed = 1);

  // A layer of `units`. A per-unit activation gets random slopes.
  MlpBuilder& Add(size_t units, std::string_view activation,
                  const std::map<std::string, float>& params = {});

  // A normalization with random offsets and scales.
  MlpBuilder& Normalized();

  // The next layer reads this value, by its number, instead of the layer before.
  MlpBuilder& From(model::ValueId value);
  MlpBuilder& From(size_t number) { return From(model::ValueId{number}); }

  // The value of the layer before is an output. A model for which this is never said has one,
  // "output", of its last layer.
  MlpBuilder& Output(std::string name, std::vector<std::string> labels = {});

  // Class labels of the output that nobody has named.
  MlpBuilder& Labels(std::vector<std::string> labels);

  // Each column of the output named last, else of the one that nobody names, says yes or no.
  MlpBuilder& Multilabel(float threshold = model::kDefaultThreshold);

  // Aborts when the model is not valid.
  model::Mlp Build() const;
  std::shared_ptr<const model::Mlp> Share() const;

 private:
  model::ValueId source_ = model::ValueId::kInput;
  Random random_;
  model::Output unnamed_;
  model::Mlp mlp_;
};

// An MLP of layers as wide as `widths` says, inputs first, all with the same activation.
model::Mlp UniformMlp(const std::vector<size_t>& widths, std::string_view activation,
                      uint32_t seed);

// A tree of 1 to 9 layers that a seed determines, with activations from the list. Layers read any
// value before them; what nobody reads is put out, and some of the rest, now and then twice.
// Outputs are called "output0" and so on. Every second seed gives a normalization.
model::Mlp RandomTree(uint32_t seed, std::span<const std::string_view> activations);

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_MLP_BUILDER_H_
