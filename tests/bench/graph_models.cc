// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/graph_models.h"

#include <cstdint>
#include <numeric>
#include <sstream>
#include <vector>

#include "server/core/base/status.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/random.h"

namespace hillock::bench {
namespace {

constexpr uint32_t kSeed = 1;

// "swiglu", {256, 512, 4}.
struct Name {
  std::string kind;
  std::vector<size_t> sizes;
};

Name Parse(const std::string& text) {
  Name name;
  std::istringstream words(text);
  std::getline(words, name.kind, '-');
  for (std::string word; std::getline(words, word, '-');) name.sizes.push_back(std::stoul(word));
  return name;
}

// Adds blocks to a builder; `last_` is the number of the value that the next one reads.
class NetMaker {
 public:
  explicit NetMaker(size_t width) : width_(width), builder_(width, kSeed) {
    Dense(0, width, "identity");
  }

  void ResNet(size_t hidden) {
    const size_t x = last_;
    Add(model::Scale{random_.Floats(width_, 0.5f, 1.5f), random_.Floats(width_, -0.5f, 0.5f)}, {x},
        width_, "identity");
    Dense(last_, hidden, "relu");
    Dense(last_, width_, "identity");
    Combine("add", x, last_);
  }

  void LayerNorm() {
    Normalize();
    Dense(last_, width_, "relu");
  }

  void SwiGlu(size_t hidden) {
    const size_t x = last_;
    Normalize();
    Dense(last_, 2 * hidden, "identity");
    const size_t both = last_;
    const size_t gate = Add(Columns(0, hidden), {both}, hidden, "swish");
    Combine("mul", gate, Add(Columns(hidden, hidden), {both}, hidden, "identity"));
    Dense(last_, width_, "identity");
    Combine("add", x, last_);
  }

  void Residual() {
    const size_t x = last_;
    Dense(x, width_, "relu");
    Combine("add", x, last_);
  }

  model::Mlp Make() {
    Dense(last_, 1, "identity");
    return builder_.Build();
  }

 private:
  static model::Select Columns(size_t first, size_t count) {
    model::Select select;
    select.columns.resize(count);
    std::iota(select.columns.begin(), select.columns.end(), static_cast<uint32_t>(first));
    return select;
  }

  void Normalize() {
    Add(model::Normalize{true, 1e-5f, width_, random_.Floats(width_, 0.5f, 1.5f),
                         random_.Floats(width_, -0.5f, 0.5f)},
        {last_}, width_, "identity");
  }

  void Dense(size_t source, size_t units, std::string_view activation) {
    builder_.From(source).Add(units, activation);
    ++last_;
  }

  size_t Add(model::RowOperation operation, const std::vector<size_t>& operands, size_t outputs,
             std::string_view activation) {
    builder_.Add(std::move(operation), operands, outputs, activation);
    return ++last_;
  }

  void Combine(std::string_view function, size_t a, size_t b) {
    builder_.Combine(function, {a, b});
    ++last_;
  }

  const size_t width_;
  testing::Random random_{kSeed};
  testing::MlpBuilder builder_;
  size_t last_ = 0;
};

}  // namespace

bool IsGraphModel(const std::string& name) {
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z';
}

model::Mlp MakeGraphModel(const std::string& name) {
  const auto [kind, sizes] = Parse(name);
  NetMaker net(sizes.front());
  for (size_t block = 0; block < sizes.back(); ++block) {
    if (kind == "resnet") net.ResNet(sizes[1]);
    if (kind == "layernorm") net.LayerNorm();
    if (kind == "swiglu") net.SwiGlu(sizes[1]);
    if (kind == "residual") net.Residual();
  }
  return net.Make();
}

}  // namespace hillock::bench
