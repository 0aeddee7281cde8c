#ifndef HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_VALUES_H_
#define HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_VALUES_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/onnx/reading/messages.h"
#include "server/core/onnx/symbolic/tensor.h"
#include "server/core/onnx/symbolic/tree.h"

namespace hillock::onnx {

// The class that each row gets, that of the largest value; or whether each value is above a
// threshold.
struct Label {
  Rows source;
  bool by_threshold = false;
  float threshold = 0;
  std::vector<std::string> classes{};  // empty: their indices

  // Whether a row has several labels, yes or no for each of its values.
  bool is_multilabel() const { return by_threshold && source.width() > 1; }
};

// Probabilities with a name for each column, as ml.ZipMap makes them.
struct NamedRows {
  Rows rows;
  std::vector<std::string> classes;
};

// A tensor that is still in the file, one that was computed from such, or something that depends on
// the rows.
using GraphValue =
    std::variant<const TensorView*, std::shared_ptr<const Tensor>, Rows, Label, NamedRows>;

inline bool IsConstant(const GraphValue& value) { return value.index() < 2; }

// Charges for a copy of what depends on the rows.
absl::Status Charge(const GraphValue& value, Budget& budget);

// Charges for the copy that an operator may keep of an input: its rows.
absl::Status ChargeInput(const GraphValue& value, Budget& budget);

// The values of a graph by name. Not thread-safe.
class Values {
 public:
  // Both must outlive this.
  Values(const ExternalFile& external, Budget& budget) : external_(external), budget_(budget) {}

  // Null when nothing of that name has been set.
  const GraphValue* Find(std::string_view name) const;
  void Set(std::string_view name, GraphValue value);

  // The elements of a constant, the caller's own. REQUIRES: IsConstant(value).
  absl::StatusOr<Tensor> Read(const GraphValue& value) const;

 private:
  const ExternalFile& external_;
  Budget& budget_;
  std::map<std::string_view, GraphValue> values_;  // no names make it slow
};

// One node, on its way to become part of the model.
struct Call {
  const NodeView& node;
  int64_t opset;
  const Values& values;
  Tree& tree;
  Budget& budget;

  bool Has(size_t input) const { return !node.input(input).empty(); }
  bool IsRows(size_t input) const;
  bool IsLabel(size_t input) const;

  // Input number `input`. UNIMPLEMENTED when it is missing or something else.
  absl::StatusOr<Rows> RowsAt(size_t input) const;
  absl::StatusOr<Tensor> TensorAt(size_t input) const;
  absl::StatusOr<Label> LabelAt(size_t input) const;

  // A label of one value a row, so that no shape it may get moves it to another row.
  absl::StatusOr<Label> SingleLabelAt(size_t input) const;

  // The integers of an input, or of the attribute that older operator sets have instead of it; none
  // when both are missing.
  absl::StatusOr<std::optional<std::vector<int64_t>>> Integers(size_t input,
                                                               std::string_view attribute) const;
};

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_VALUES_H_
