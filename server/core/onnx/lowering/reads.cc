#include "server/core/onnx/lowering/reads.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ranges>
#include <utility>

#include "server/core/onnx/recognition/recognize.h"

namespace hillock::onnx {
namespace {

using activation::Spec;

// Invariant: when a base's own x is added, all reads of that base are known. It holds since a base
// is read by later ones only, and bases are visited from the last to the first; so a base that
// nobody reads by then is not needed, nor what it alone reads.
class Collector {
 public:
  Collector(const Tree& tree, Budget& budget) : tree_(tree), budget_(budget) {}

  absl::StatusOr<Reads> Run(const std::vector<Wanted>& outputs) && {
    for (const Wanted& output : outputs) {
      auto read = Add(output.rows.value, nullptr);
      if (!read.ok()) {
        return Annotate(read.status(), fmt::format("output '{}'", Excerpt(output.name)));
      }
      reads_.outputs.push_back(*read);
      reads_.of[BaseOf(output.rows.value)][*read].exact = true;
    }
    for (const auto& [atom, base] : std::views::reverse(tree_.bases())) {
      if (base.x.atom == Operand::kConstant || !reads_.of.contains(atom)) continue;
      HILLOCK_RETURN_IF_ERROR(Annotate(AddX(atom, base), base.place));
    }
    return std::move(reads_);
  }

 private:
  int BaseOf(const Operand& value) const { return tree_.expression()[value.atom].base; }
  bool IsDense(int atom) const { return tree_.bases().at(atom).dense.has_value(); }

  // A row activation of W x becomes the activation of that dense layer: it is then in the read of W
  // x. Any other needs a diagonal layer.
  absl::Status AddX(int atom, const Base& base) {
    const bool merges =
        base.row != nullptr && base.x.atom == BaseOf(base.x) && IsDense(base.x.atom);
    if (base.row != nullptr && !merges) HILLOCK_RETURN_IF_ERROR(CheckDiagonal(base.width));
    HILLOCK_ASSIGN_OR_RETURN(reads_.of_x[atom], Add(base.x, merges ? base.row : nullptr));
    return absl::OkStatus();
  }

  static absl::Status CheckDiagonal(size_t width) {
    if (width <= kMaxDiagonal) return absl::OkStatus();
    return absl::UnimplementedError(fmt::format(
        "follows no layer with weights, over {} values, want at most {}", width, kMaxDiagonal));
  }

  // The index of this read of its base. Equal reads are one, so that a value with many readers is
  // recognized once.
  absl::StatusOr<size_t> Add(const Operand& value, const Spec* row) {
    std::vector<Read>& reads = reads_.of[BaseOf(value)];
    const auto known = std::ranges::find_if(reads, [&](const Read& read) {
      return read.row == row && read.value.atom == value.atom && read.value.map == value.map;
    });
    const auto index = static_cast<size_t>(known - reads.begin());
    if (known != reads.end()) return index;
    HILLOCK_RETURN_IF_ERROR(budget_.Take(2 * value.map.size(), sizeof(double)));
    Read read;
    read.value = value;
    read.row = row;
    HILLOCK_RETURN_IF_ERROR(SetForm(read));
    HILLOCK_RETURN_IF_ERROR(CheckFinite(read));
    reads.push_back(std::move(read));
    return index;
  }

  // NaN equals nothing, itself included, so that a form with one would never be found again.
  static absl::Status CheckFinite(const Read& read) {
    const bool finite =
        read.value.map.is_finite() && read.form.before.is_finite() && read.after.is_finite() &&
        std::ranges::all_of(read.form.slopes, [](float slope) { return std::isfinite(slope); });
    if (finite) return absl::OkStatus();
    return absl::InvalidArgumentError("scales or shifts values by numbers that are not finite");
  }

  // Splits the value into after(activation(before(base))).
  absl::Status SetForm(Read& read) {
    const Expression& expression = tree_.expression();
    const int base = BaseOf(read.value);
    const size_t width = tree_.bases().at(base).width;
    if (read.value.atom == base) {
      read.form.before = read.value.map;
      if (read.row != nullptr) read.form.activation = read.row;
      return absl::OkStatus();
    }
    if (!IsDense(base) && width > kMaxDiagonal) {
      return absl::UnimplementedError(
          fmt::format("{} comes before any layer with weights, over {} values, want at most {}",
                      expression.Text(read.value.atom), width, kMaxDiagonal));
    }
    HILLOCK_ASSIGN_OR_RETURN(auto found, Recognize(expression, read.value, width, budget_));
    if (!found) {
      return absl::UnimplementedError(fmt::format("{} is none of the activations this server has",
                                                  expression.Text(read.value.atom)));
    }
    read.form.before = std::move(found->before);
    read.form.activation = found->activation;
    read.form.params = found->params;
    read.form.slopes = std::move(found->slopes);
    read.after = std::move(found->after);
    if (read.form.slopes.empty()) return absl::OkStatus();
    HILLOCK_ASSIGN_OR_RETURN(read.form.params,
                             activation::ResolveParams(*read.form.activation, {}));
    return absl::OkStatus();
  }

  const Tree& tree_;
  Budget& budget_;
  Reads reads_;
};

}  // namespace

Form::Form() : activation(activation::Find(activation::kIdentity)) {}

bool Form::is_plain() const { return activation->name == activation::kIdentity; }

absl::StatusOr<Reads> CollectReads(const Tree& tree, const std::vector<Wanted>& outputs,
                                   Budget& budget) {
  return Collector(tree, budget).Run(outputs);
}

}  // namespace hillock::onnx
