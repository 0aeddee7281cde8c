#include "server/core/onnx/symbolic/tree.h"

namespace hillock::onnx {
namespace {

using activation::Spec;

const Spec* Named(std::string_view name) {
  const Spec* const spec = activation::Find(name);
  HILLOCK_CHECK(spec != nullptr);
  return spec;
}

}  // namespace

size_t Rows::width() const {
  size_t width = 1;
  for (const int64_t size : dims) width *= static_cast<size_t>(size);
  return width;
}

Tree::Tree(std::vector<int64_t> input_dims, Budget& budget) : budget_(budget), place_("input") {
  input_ = AddBase({}, std::move(input_dims));
}

Rows Tree::AddBase(Base base, std::vector<int64_t> dims) {
  Rows rows{{expression_.AddBase(), {}}, std::move(dims)};
  base.width = rows.width();
  base.place = place_;
  bases_.emplace(rows.value.atom, std::move(base));
  return rows;
}

const Base& Tree::BaseOf(const Operand& value) const {
  return bases_.at(expression_[value.atom].base);
}

Rows Tree::AddDense(const Rows& x, Dense dense) {
  std::vector<int64_t> dims = x.dims;
  dims.back() = static_cast<int64_t>(dense.outputs);
  Base base;
  base.x = x.value;
  base.dense = std::move(dense);
  return AddBase(std::move(base), std::move(dims));
}

Rows Tree::AddRowActivation(const Rows& x, const Spec& spec) {
  Base base;
  base.x = x.value;
  base.row = &spec;
  return AddBase(std::move(base), x.dims);
}

const Dense* Tree::SigmoidOf(const Rows& x) const {
  const Atom& atom = expression_[x.value.atom];
  const bool is_sigmoid = atom.activation == Named("sigmoid") && x.value.map == ScaleShift{} &&
                          atom.operands[0].atom == atom.base;
  const Base& base = BaseOf(x.value);
  return is_sigmoid && base.dense ? &*base.dense : nullptr;
}

absl::StatusOr<Rows> Tree::AddComplement(const Rows& p) {
  const Dense* const single = p.width() == 1 ? SigmoidOf(p) : nullptr;
  if (single == nullptr) {
    return absl::UnimplementedError("joins 1 - p and p, and p is not the sigmoid of one unit");
  }
  HILLOCK_RETURN_IF_ERROR(budget_.Take(2 * single->inputs, sizeof(float)));
  Dense pair{single->name, single->inputs, 2, std::vector<float>(single->inputs)};
  pair.weights.insert(pair.weights.end(), single->weights.begin(), single->weights.end());
  const Operand& z = expression_[p.value.atom].operands[0];
  const ScaleShift map{{1, z.map.scale_at(0)}, {0, z.map.shift_at(0)}};
  Rows both = AddDense({BaseOf(p.value).x, {1}}, std::move(pair));
  both.value.map = map;
  return AddRowActivation(both, *Named("softmax"));
}

absl::StatusOr<Rows> Tree::AddLogOfSoftmax(const Rows& x) {
  const Base& base = BaseOf(x.value);
  const Spec* const log_softmax = activation::Find("log_softmax");
  if (log_softmax == nullptr || base.row != Named("softmax")) {
    return absl::UnimplementedError("is the logarithm of a row function");
  }
  HILLOCK_RETURN_IF_ERROR(budget_.Take(base.x.map.size(), sizeof(double)));
  return AddRowActivation({base.x, x.dims}, *log_softmax);
}

bool Tree::IsRowOutput(const Rows& x) const {
  return expression_[x.value.atom].is_base() && x.value.map == ScaleShift{} &&
         BaseOf(x.value).row != nullptr;
}

bool Tree::SumsToOne(const Rows& x) const {
  if (IsRowOutput(x)) return BaseOf(x.value).row == Named("softmax");
  const Dense* const dense = x.width() == 2 ? SigmoidOf(x) : nullptr;
  if (dense == nullptr) return false;
  for (size_t i = 0; i < dense->inputs; ++i) {
    if (dense->weights[i] != -dense->weights[dense->inputs + i]) return false;
  }
  const ScaleShift& before = expression_[x.value.atom].operands[0].map;
  return before.scale_at(0) == before.scale_at(1) && before.shift_at(0) == -before.shift_at(1);
}

bool Tree::Same(const Rows& a, const Rows& b) {
  return a.value.atom == b.value.atom && a.value.map == b.value.map;
}

bool Tree::SameOrder(const Rows& a, const Rows& b) const {
  return Same(a, b) || (IsRowOutput(b) && Same(a, {BaseOf(b.value).x, {}}));
}

}  // namespace hillock::onnx
