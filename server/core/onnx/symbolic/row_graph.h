// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_ROW_GRAPH_H_
#define HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_ROW_GRAPH_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/core/base/status.h"
#include "server/core/model/row_operation.h"
#include "server/core/onnx/reading/budget.h"
#include "server/core/onnx/symbolic/expression.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {

// A value that depends on the rows, or is the same for each. Its columns are the elements of one
// row: those of the shape in row-major order, the axis of the rows left out.
struct Rows {
  Operand value;
  Shape shape;  // with one axis of rows, or none in a graph for a single row
  DataType type = DataType::kFloat;
  std::vector<std::string> column_names{};  // as ml.ZipMap gives them

  size_t width() const { return WidthOf(shape); }
  bool is_constant() const { return value.atom == Operand::kConstant; }
  bool is_integral() const;  // integers, BOOL or the codes of strings
};

// The weights of a dense layer as a graph gives them.
struct Dense {
  std::string name;
  size_t inputs = 0;
  size_t outputs = 0;
  std::vector<float> weights;  // [outputs][inputs]
};

// Where an expression begins: the model's input row, W x of a dense layer, a row activation of x,
// or a row operation on several values.
struct Base {
  size_t width = 0;
  std::vector<Operand> xs{};              // none for the input; one for a dense layer
  std::optional<Dense> dense{};           // W
  const activation::Spec* row = nullptr;  // the row activation
  size_t group = 0;                       // the columns that it runs over at a time
  std::optional<model::RowOperation> operation{};

  // Of a row operation: what is applied to it. Null: nothing.
  const activation::Spec* activation = nullptr;
  activation::Params params{};
  std::vector<float> slopes{};

  std::string place{};  // the node that it comes from, for errors
};

// What a graph computes, as its nodes are visited one after the other: bases that read each other,
// with elementwise functions between them. MakeLayers() makes the layers of it once it is known who
// reads what.
// Not thread-safe.
class RowGraph {
 public:
  // Input rows have `width` columns. The budget must outlive this.
  RowGraph(size_t width, Budget& budget);

  Expression& expression() { return expression_; }
  const Expression& expression() const { return expression_; }
  Budget& budget() const { return budget_; }

  // By the base's atom: a base's xs come before it.
  const std::map<int, Base>& bases() const { return bases_; }
  const Base& BaseOf(const Operand& value) const { return bases_.at(expression_[value.atom].base); }

  // The weights of a base, which then are gone. REQUIRES: it is a dense layer's.
  Dense TakeDense(int atom) { return *std::move(bases_.at(atom).dense); }

  // The node whose bases are added from now on.
  void SetPlace(std::string place) { place_ = std::move(place); }

  // All columns of the input row.
  Rows Input(Shape shape) const;

  // A value that is the same for each row; one number stands for all columns.
  static Rows Constant(std::vector<double> values, Shape shape, DataType type = DataType::kFloat);

  // W x, without a bias: adding one is arithmetic with a constant. The shape is the result's.
  Rows AddDense(const Rows& x, Dense dense, Shape shape);

  // f(x) over each `group` columns of a row. REQUIRES: spec.scope is kRow.
  Rows AddRowActivation(const Rows& x, const activation::Spec& spec, size_t group);

  Rows AddOperation(model::RowOperation operation, std::vector<Operand> xs, Shape shape,
                    DataType type);

  // The columns columns[i] of the parts side by side. RESOURCE_EXHAUSTED above the budget.
  absl::StatusOr<Rows> Select(std::span<const Rows> parts, const std::vector<uint32_t>& columns,
                              Shape shape);

  // Makes a base of a function that is no activation: it is computed operator by operator.
  // UNIMPLEMENTED for an operator that no layer can have.
  absl::Status Promote(int atom);

  // [1 - p, p] for a p that is a sigmoid of one unit: as the softmax of [0, z], which it equals.
  // None for any other p.
  absl::StatusOr<std::optional<Rows>> AddComplement(const Rows& p, Shape shape);

  // The logarithm of a softmax; none for any other x.
  absl::StatusOr<std::optional<Rows>> AddLogOfSoftmax(const Rows& x);

  // Whether the elements of x are positive and add up to 1, but for rounding: a softmax, or the
  // sigmoids of z and -z.
  bool SumsToOne(const Rows& x) const;

  // The number that stands for a string in the model, and back.
  double CodeOf(std::string_view word);
  const std::string& WordOf(double code) const { return words_[static_cast<size_t>(code)]; }
  std::vector<std::string> TakeWords() { return std::move(words_); }

  // Where x is the position of the largest of some columns, these are the names of those; and they
  // are of their softmax, or of what that is the softmax of.
  void NameColumns(const Rows& x, std::vector<std::string> names);
  const std::vector<std::string>* ColumnNames(const Rows& x) const;

  // The graph takes nothing else from x. Of use where x is columns of the input.
  void LimitTo(const Rows& x, double low, double high);

  // By column of the input row.
  struct Limits {
    double low;
    double high;
  };
  const std::map<size_t, Limits>& limits() const { return limits_; }

  // The graph looks for numbers that are not finite.
  void SetTakesNonFinite() { takes_non_finite_ = true; }
  bool takes_non_finite() const { return takes_non_finite_; }

 private:
  // A column of a value: scale * column of map(atom) + shift. The map is the value's or a base's
  // own: maps may be as wide as a row, and one is asked for by each column.
  struct Column {
    int atom;
    const ScaleShift* map;
    uint32_t column;
    double scale;
    double shift;
  };

  // Columns of what is not a selection, collected in their order, and whose they are.
  struct Selection;

  Operand AddBase(Base base);
  Operand BeforeSoftmax(const Operand& value) const;
  bool KeepsMap(const Operand& value) const;
  absl::Status AddColumn(const Operand& value, uint32_t column, Selection& to) const;
  Column Resolved(const Operand& value, uint32_t column) const;
  static void PromoteActivation(const Atom& atom, const activation::Spec& spec, Base& base);
  const Dense* SigmoidOf(const Rows& x) const;
  bool IsSoftmax(const Rows& x) const;
  Operand NonConstant(const Rows& part);

  Budget& budget_;
  Expression expression_;
  std::map<int, Base> bases_;
  std::string place_;
  std::vector<std::string> words_;
  std::map<std::string, double, std::less<>> codes_;
  std::map<size_t, Limits> limits_;
  std::vector<std::pair<Operand, std::vector<std::string>>> column_names_;
  bool takes_non_finite_ = false;
};

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_ROW_GRAPH_H_
