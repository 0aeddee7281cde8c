// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/lowering/reads.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <ranges>
#include <utility>

#include "server/core/onnx/recognition/recognize.h"

namespace hillock::onnx {
namespace {

using activation::Spec;

// Invariant: when the xs of a base are added, all reads of that base are known. It holds since a
// base is read by later ones only, and bases are visited from the last to the first; one that is
// made on the way comes before the base that reads it. So a base that nobody reads by its turn is
// not needed, nor what it alone reads.
class Collector {
 public:
  explicit Collector(RowGraph& graph) : graph_(graph) {}

  absl::StatusOr<Reads> Run(const std::vector<Wanted>& outputs) && {
    for (const Wanted& output : outputs) {
      auto read = AddExact(output.rows.value);
      if (!read.ok()) {
        return Annotate(read.status(), fmt::format("output '{}'", Excerpt(output.name)));
      }
      reads_.outputs.push_back(*read);
    }
    for (const auto& [atom, base] : std::views::reverse(graph_.bases())) {
      if (!reads_.of.contains(atom)) continue;
      graph_.SetPlace(base.place);
      HILLOCK_RETURN_IF_ERROR(Annotate(AddXs(atom, base), base.place));
    }
    return std::move(reads_);
  }

 private:
  int BaseOf(const Operand& value) const { return graph_.expression()[value.atom].base; }
  bool IsDense(int atom) const { return graph_.bases().at(atom).dense.has_value(); }

  // A row activation of W x becomes the activation of that dense layer: it is then in the read of W
  // x. Any other, and a row operation, needs a layer of its own.
  absl::Status AddXs(int atom, const Base& base) {
    std::vector<size_t>& xs = reads_.of_xs[atom];
    for (const Operand& x : base.xs) {
      const bool merges =
          base.row != nullptr && base.group == base.width && x.atom == BaseOf(x) && IsDense(x.atom);
      if (x.atom == Operand::kConstant) {
        xs.push_back(0);
      } else if (base.operation) {
        HILLOCK_ASSIGN_OR_RETURN(xs.emplace_back(), AddExact(x));
      } else {
        HILLOCK_ASSIGN_OR_RETURN(xs.emplace_back(), Add(x, merges ? base.row : nullptr));
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<size_t> AddExact(const Operand& value) {
    if (value.atom == Operand::kConstant) return 0;
    HILLOCK_ASSIGN_OR_RETURN(const size_t index, Add(value, nullptr));
    reads_.of[BaseOf(value)][index].exact = true;
    return index;
  }

  // The index of this read of its base. Equal reads are one, so that a value with many readers is
  // recognized once.
  absl::StatusOr<size_t> Add(const Operand& value, const Spec* row) {
    Read read;
    read.value = value;
    read.row = row;
    if (const auto known = IndexOf(read)) return *known;
    HILLOCK_RETURN_IF_ERROR(graph_.budget().Take(2 * value.map.size(), sizeof(double)));
    HILLOCK_RETURN_IF_ERROR(SetForm(read));
    HILLOCK_RETURN_IF_ERROR(CheckFinite(read));
    if (const auto known = IndexOf(read)) return *known;  // of the base that it has become
    std::vector<Read>& reads = reads_.of[BaseOf(value)];
    reads.push_back(std::move(read));
    return reads.size() - 1;
  }

  std::optional<size_t> IndexOf(const Read& wanted) {
    const auto of = reads_.of.find(BaseOf(wanted.value));
    if (of == reads_.of.end()) return std::nullopt;
    const std::vector<Read>& reads = of->second;
    const auto known = std::ranges::find_if(reads, [&](const Read& read) {
      return read.row == wanted.row && read.value.atom == wanted.value.atom &&
             read.value.map == wanted.value.map;
    });
    if (known == reads.end()) return std::nullopt;
    return static_cast<size_t>(known - reads.begin());
  }

  // NaN equals nothing, itself included, so that a form with one would never be found again.
  static absl::Status CheckFinite(const Read& read) {
    const bool finite =
        read.value.map.is_finite() && read.form.before.is_finite() && read.after.is_finite() &&
        std::ranges::all_of(read.form.slopes, [](float slope) { return std::isfinite(slope); });
    if (finite) return absl::OkStatus();
    return absl::InvalidArgumentError("scales or shifts values by numbers that are not finite");
  }

  // The value itself, scaled and shifted.
  static void SetPlain(Read& read) {
    read.form.before = read.value.map;
    if (read.row != nullptr) read.form.activation = read.row;
  }

  // Whether an activation makes of NaN what the graph does: a comparison gives 0 or 1, where a step
  // gives NaN. Of interest where the graph looks for NaN.
  bool AgreesOnNan(const Operand& value, const Recognized& found) const {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    const double want = Evaluator(graph_.expression(), value)(kNan, 0);
    return std::isnan(want) == std::isnan(found.activation->reference(kNan, found.params));
  }

  // Splits the value into after(activation(before(base))).
  absl::Status SetForm(Read& read) {
    const Expression& expression = graph_.expression();
    const int base = BaseOf(read.value);
    if (read.value.atom == base) {
      SetPlain(read);
      return absl::OkStatus();
    }
    const size_t width = graph_.bases().at(base).width;
    auto found = Recognize(expression, read.value, width, graph_.budget());
    if (absl::IsResourceExhausted(found.status())) found = std::nullopt;  // no time to look
    if (!found.ok()) return found.status();
    if (*found && graph_.takes_non_finite() && !AgreesOnNan(read.value, **found)) found->reset();
    if (!*found) {
      HILLOCK_RETURN_IF_ERROR(graph_.Promote(read.value.atom));
      SetPlain(read);
      return absl::OkStatus();
    }
    Recognized& recognized = **found;
    read.form.before = std::move(recognized.before);
    read.form.activation = recognized.activation;
    read.form.params = recognized.params;
    read.form.slopes = std::move(recognized.slopes);
    read.after = std::move(recognized.after);
    if (read.form.is_plain()) {
      read.form.before = ScaleShift::Compose(read.form.before, std::exchange(read.after, {}));
    }
    if (read.form.slopes.empty()) return absl::OkStatus();
    HILLOCK_ASSIGN_OR_RETURN(read.form.params,
                             activation::ResolveParams(*read.form.activation, {}));
    return absl::OkStatus();
  }

  RowGraph& graph_;
  Reads reads_;
};

}  // namespace

Form::Form() : activation(activation::Find(activation::kIdentity)) {}

bool Form::is_plain() const { return activation->name == activation::kIdentity; }

absl::StatusOr<Reads> CollectReads(RowGraph& graph, const std::vector<Wanted>& outputs) {
  return Collector(graph).Run(outputs);
}

}  // namespace hillock::onnx
