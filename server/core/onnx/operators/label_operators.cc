// What classifiers end with: the class of a row, or a name for each column.

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {
namespace {

absl::StatusOr<GraphValue> ArgMax(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const size_t axis,
                           FromFront(call.node.Integer("axis", 0), x.dims.size() + 1));
  if (axis == 0 || static_cast<size_t>(x.dims[axis - 1]) != x.width()) {
    return absl::UnimplementedError(
        fmt::format("runs over axis {}, want all values of a row", axis));
  }
  if (call.node.Integer("select_last_index", 0) != 0) {
    return absl::UnimplementedError("takes the last of equal values, want the first");
  }
  return Label{std::move(x)};
}

absl::StatusOr<GraphValue> Binarizer(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(Rows x, call.RowsAt(0));
  return Label{std::move(x), true, call.node.Real("threshold", 0), {}};
}

absl::StatusOr<GraphValue> ZipMap(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(std::vector<std::string> names, ClassNames(call.node));
  if (names.size() == x.width()) return NamedRows{std::move(x), std::move(names)};
  return absl::InvalidArgumentError(
      fmt::format("has {} class labels, want {}, one a column", names.size(), x.width()));
}

constexpr OperatorRow kRows[] = {
    {"", "ArgMax", ArgMax},
    {kMlDomain, "Binarizer", Binarizer},
    {kMlDomain, "ArrayFeatureExtractor", PickClass},
    {kMlDomain, "ZipMap", ZipMap},
};

}  // namespace

std::vector<std::string> NamesIn(const Tensor& classes) {
  if (classes.kind == Tensor::Kind::kStrings) return classes.strings;
  std::vector<std::string> names;
  for (const int64_t label : classes.integers) names.push_back(fmt::format("{}", label));
  for (const float label : classes.floats) names.push_back(fmt::format("{}", label));
  return names;
}

absl::StatusOr<std::vector<std::string>> ClassNames(const NodeView& node) {
  if (const AttributeView* const texts = node.Find("classlabels_strings")) {
    HILLOCK_ASSIGN_OR_RETURN(const auto labels, texts->Texts());
    if (!labels.empty()) return std::vector<std::string>(labels.begin(), labels.end());
  }
  Tensor classes{.kind = Tensor::Kind::kIntegers};
  for (const std::string_view attribute : {"classlabels_int64s", "classlabels_ints"}) {
    const AttributeView* const integers = node.Find(attribute);
    if (integers == nullptr) continue;
    HILLOCK_ASSIGN_OR_RETURN(classes.integers, integers->Integers());
  }
  return NamesIn(classes);
}

absl::StatusOr<GraphValue> PickClass(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Tensor classes, call.TensorAt(0));
  HILLOCK_ASSIGN_OR_RETURN(Label label, call.SingleLabelAt(1));
  if (!label.classes.empty()) return absl::UnimplementedError("names classes that have names");
  label.classes = NamesIn(classes);
  return label;
}

std::span<const OperatorRow> LabelOperators() { return kRows; }

}  // namespace hillock::onnx
