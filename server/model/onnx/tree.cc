#include "server/model/onnx/chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "server/model/onnx/recognize.h"

namespace hillock::model::onnx {
namespace {

using activation::Spec;

const Spec* Named(std::string_view name) {
  const Spec* const spec = activation::Find(name);
  HILLOCK_CHECK(spec != nullptr);
  return spec;
}

// W' = W diag(scale), b' = W shift: what comes after the layer before moves into this one.
Layer MakeLayer(Dense dense, const Affine& before) {
  Layer layer;
  layer.name = std::move(dense.name);
  layer.inputs = dense.inputs;
  layer.outputs = dense.outputs;
  layer.weights = std::move(dense.weights);
  layer.bias.assign(layer.outputs, 0.0f);
  layer.activation = Named("identity");
  if (before.is_identity()) return layer;
  for (size_t o = 0; o < layer.outputs; ++o) {
    double bias = 0;
    for (size_t i = 0; i < layer.inputs; ++i) {
      float& weight = layer.weights[o * layer.inputs + i];
      bias += double{weight} * before.shift_at(i);
      weight = static_cast<float>(double{weight} * before.scale_at(i));
    }
    layer.bias[o] = static_cast<float>(bias);
  }
  return layer;
}

}  // namespace

size_t Rows::width() const {
  size_t width = 1;
  for (const int64_t size : dims) width *= static_cast<size_t>(size);
  return width;
}

Chain::Chain(std::vector<int64_t> input_dims, Budget& budget) : budget_(budget) {
  input_ = NewBase(std::move(input_dims), false);
}

Rows Chain::NewBase(std::vector<int64_t> dims, bool open) {
  open_ = open;
  base_ = {{expression_.AddBase(), {}}, std::move(dims)};
  return base_;
}

absl::StatusOr<Rows> Chain::AddDense(const Rows& x, Dense dense) {
  HILLOCK_ASSIGN_OR_RETURN(const Affine before, Settle(x));
  HILLOCK_RETURN_IF_ERROR(budget_.Take(dense.outputs, sizeof(float)));
  std::vector<int64_t> dims = x.dims;
  dims.back() = static_cast<int64_t>(dense.outputs);
  mlp_.layers.push_back(MakeLayer(std::move(dense), before));
  mlp_.layers.back().source = mlp_.layers.size() - 1;
  return NewBase(std::move(dims), true);
}

absl::StatusOr<Rows> Chain::AddRowActivation(const Rows& x, const Spec& spec) {
  HILLOCK_ASSIGN_OR_RETURN(const Affine before, Settle(x));
  const bool takes_it = !mlp_.layers.empty() && open_ && before.is_identity() &&
                        mlp_.layers.back().activation == Named("identity");
  if (!takes_it) HILLOCK_RETURN_IF_ERROR(AddDiagonal(before, x.width()));
  mlp_.layers.back().activation = &spec;
  row_input_ = x;
  return NewBase(x.dims, false);
}

absl::StatusOr<Rows> Chain::AddComplement(const Rows& p) {
  const Atom& atom = expression_[p.value.atom];
  const bool is_probability = p.width() == 1 && p.value.affine == Affine{} && open_ &&
                              atom.activation == Named("sigmoid") &&
                              atom.operands[0].atom == base_.value.atom;
  if (!is_probability) {
    return absl::UnimplementedError("joins 1 - p and p, and p is not the sigmoid of one unit");
  }
  HILLOCK_RETURN_IF_ERROR(Settle({atom.operands[0], {1}}).status());
  Layer& layer = mlp_.layers.back();
  HILLOCK_RETURN_IF_ERROR(budget_.Take(layer.inputs, sizeof(float)));
  layer.weights.insert(layer.weights.begin(), layer.inputs, 0.0f);
  layer.bias.insert(layer.bias.begin(), 0.0f);
  layer.outputs = 2;
  layer.activation = Named("softmax");
  return NewBase({2}, false);
}

absl::StatusOr<Rows> Chain::AddLogOfSoftmax(const Rows& x) {
  const Spec* const log_softmax = activation::Find("log_softmax");
  if (log_softmax == nullptr || mlp_.layers.back().activation != Named("softmax")) {
    return absl::UnimplementedError("is the logarithm of a row function");
  }
  mlp_.layers.back().activation = log_softmax;
  return NewBase(x.dims, false);
}

bool Chain::IsRowOutput(const Rows& x) const {
  return x.value.atom == base_.value.atom && x.value.affine == Affine{} && !mlp_.layers.empty() &&
         mlp_.layers.back().activation->scope == activation::Scope::kRow;
}

bool Chain::SumsToOne(const Rows& x) const {
  if (IsRowOutput(x)) return mlp_.layers.back().activation == Named("softmax");
  const Atom& atom = expression_[x.value.atom];
  const bool is_pair = x.width() == 2 && open_ && atom.activation == Named("sigmoid") &&
                       x.value.affine == Affine{} && atom.operands[0].atom == base_.value.atom;
  if (!is_pair) return false;
  const Affine& before = atom.operands[0].affine;
  const std::vector<float>& weights = mlp_.layers.back().weights;
  const size_t inputs = mlp_.layers.back().inputs;
  for (size_t i = 0; i < inputs; ++i) {
    if (weights[i] != -weights[inputs + i]) return false;
  }
  return before.scale_at(0) == before.scale_at(1) && before.shift_at(0) == -before.shift_at(1);
}

bool Chain::SameOrder(const Rows& a, const Rows& b) const {
  const auto same = [](const Rows& x, const Rows& y) {
    return x.value.atom == y.value.atom && x.value.affine == y.value.affine;
  };
  return same(a, b) || (IsRowOutput(b) && same(a, row_input_));
}

absl::StatusOr<Affine> Chain::Settle(const Rows& x) {
  const Atom& atom = expression_[x.value.atom];
  if (atom.base != base_.value.atom) {
    return absl::UnimplementedError(
        "uses a value that another layer has already taken: an MLP is one chain of layers");
  }
  return atom.is_base() ? SettleAffine(x.value.affine, x.width())
                        : SettleActivation(x.value, x.width());
}

absl::StatusOr<Affine> Chain::SettleAffine(const Affine& affine, size_t width) {
  if (affine.is_identity()) return Affine{};
  if (open_) {
    FoldIntoLast(affine);
    return Affine{};
  }
  if (!mlp_.layers.empty() || !FitsNormalization(affine)) return affine;
  HILLOCK_RETURN_IF_ERROR(budget_.Take(2 * width, sizeof(float)));
  SetNormalization(affine, width);
  return Affine{};
}

absl::StatusOr<Affine> Chain::SettleActivation(const Operand& value, size_t width) {
  if (!open_ && width > kMaxDiagonal) {
    return absl::UnimplementedError(
        fmt::format("{} comes before any layer with weights, over {} values, want at most {}",
                    expression_.Text(value.atom), width, kMaxDiagonal));
  }
  const auto found = Recognize(expression_, value, width);
  if (!found) {
    return absl::UnimplementedError(
        fmt::format("{} is none of the activations this server has", expression_.Text(value.atom)));
  }
  HILLOCK_ASSIGN_OR_RETURN(const Affine before, SettleAffine(found->before, width));
  if (!open_) HILLOCK_RETURN_IF_ERROR(AddDiagonal(before, width));
  Layer& layer = mlp_.layers.back();
  layer.activation = found->activation;
  layer.params = found->params;
  layer.slopes = found->slopes;
  if (!layer.slopes.empty()) {
    HILLOCK_ASSIGN_OR_RETURN(layer.params, activation::ResolveParams(*layer.activation, {}));
  }
  return found->after;
}

bool Chain::FitsNormalization(const Affine& affine) const {
  const auto fits = [&](size_t c) {
    const double scale = affine.scale_at(c);
    const auto offset = static_cast<float>(-affine.shift_at(c) / scale);
    return scale != 0 && std::isfinite(offset) && std::isfinite(static_cast<float>(scale));
  };
  const size_t count = std::max(affine.scale.size(), affine.shift.size());
  for (size_t c = 0; c < count; ++c) {
    if (!fits(c)) return false;
  }
  return true;
}

void Chain::SetNormalization(const Affine& affine, size_t width) {
  for (size_t c = 0; c < width; ++c) {
    const double scale = affine.scale_at(c);
    const double shift = affine.shift_at(c);
    mlp_.offset.push_back(shift == 0 ? 0.0f : static_cast<float>(-shift / scale));
    mlp_.scale.push_back(static_cast<float>(scale));
  }
}

void Chain::FoldIntoLast(const Affine& affine) {
  Layer& layer = mlp_.layers.back();
  for (size_t o = 0; o < layer.outputs; ++o) {
    const double scale = affine.scale_at(o);
    layer.bias[o] = static_cast<float>(double{layer.bias[o]} * scale + affine.shift_at(o));
    if (scale == 1) continue;
    for (size_t i = 0; i < layer.inputs; ++i) {
      float& weight = layer.weights[o * layer.inputs + i];
      weight = static_cast<float>(double{weight} * scale);
    }
  }
}

absl::Status Chain::AddDiagonal(const Affine& affine, size_t width) {
  if (width > kMaxDiagonal) {
    return absl::UnimplementedError(fmt::format(
        "follows no layer with weights, over {} values, want at most {}", width, kMaxDiagonal));
  }
  Dense dense{fmt::format("diagonal{}", mlp_.layers.size()), width, width, {}};
  dense.weights.resize(width * width);
  for (size_t c = 0; c < width; ++c) dense.weights[c * width + c] = 1;
  mlp_.layers.push_back(MakeLayer(std::move(dense), {}));
  mlp_.layers.back().source = mlp_.layers.size() - 1;
  FoldIntoLast(affine);
  return absl::OkStatus();
}

absl::StatusOr<Mlp> Chain::Finish(const Rows& y) && {
  HILLOCK_ASSIGN_OR_RETURN(const Affine after, Settle(y));
  if (mlp_.layers.empty() || !after.is_identity()) {
    HILLOCK_RETURN_IF_ERROR(AddDiagonal(after, y.width()));
  }
  return std::move(mlp_);
}

}  // namespace hillock::model::onnx
