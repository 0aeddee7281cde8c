#ifndef HILLOCK_TESTS_SUPPORT_MLP_BUILDER_H_
#define HILLOCK_TESTS_SUPPORT_MLP_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/model/mlp.h"
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

  // A normalisation with random offsets and scales.
  MlpBuilder& Normalized();

  MlpBuilder& Labels(std::vector<std::string> labels);

  // Aborts when the model is not valid.
  model::Mlp Build() const;
  std::shared_ptr<const model::Mlp> Share() const;

 private:
  size_t width_;
  Random random_;
  model::Mlp mlp_;
};

// An MLP of layers as wide as `widths` says, inputs first, all with the same activation.
model::Mlp UniformMlp(const std::vector<size_t>& widths, std::string_view activation,
                      uint32_t seed);

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_MLP_BUILDER_H_
