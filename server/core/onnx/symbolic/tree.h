#ifndef HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_TREE_H_
#define HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_TREE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/core/base/status.h"
#include "server/core/onnx/reading/budget.h"
#include "server/core/onnx/symbolic/expression.h"

namespace hillock::onnx {

// A value that depends on the rows, and its shape without the rows.
struct Rows {
  Operand value;
  std::vector<int64_t> dims;

  size_t width() const;
};

// The weights of a dense layer as a graph gives them.
struct Dense {
  std::string name;
  size_t inputs = 0;
  size_t outputs = 0;
  std::vector<float> weights;  // [outputs][inputs]
};

// Where an expression begins: the model's input, W x of a dense layer, or a row activation of x.
struct Base {
  size_t width = 0;
  Operand x;                              // none for the model's input
  std::optional<Dense> dense;             // W
  const activation::Spec* row = nullptr;  // the row activation
  std::string place;                      // the node that it comes from, for errors
};

// What a graph computes, as its nodes are visited one after the other: a tree of bases, with
// elementwise functions between them. MakeLayers() makes the layers of it once it is known who
// reads what.
// Not thread-safe.
class Tree {
 public:
  // Rows of these sizes come in. The budget must outlive this.
  Tree(std::vector<int64_t> input_dims, Budget& budget);

  Expression& expression() { return expression_; }
  const Expression& expression() const { return expression_; }
  const Rows& input() const { return input_; }

  // By the base's atom: a base's x comes before it.
  const std::map<int, Base>& bases() const { return bases_; }

  // The weights of a base, which then are gone. REQUIRES: it is a dense layer's.
  Dense TakeDense(int atom) { return *std::move(bases_.at(atom).dense); }

  // The node whose bases are added from now on.
  void SetPlace(std::string place) { place_ = std::move(place); }

  // W x, without a bias: adding one is arithmetic with a constant.
  Rows AddDense(const Rows& x, Dense dense);

  // f(x) over each row as a whole. REQUIRES: spec.scope is kRow.
  Rows AddRowActivation(const Rows& x, const activation::Spec& spec);

  // [1 - p, p] for a p that is a sigmoid of one unit: as the softmax of [0, z], which it equals.
  // UNIMPLEMENTED for any other p.
  absl::StatusOr<Rows> AddComplement(const Rows& p);

  // The logarithm of a softmax, else none: UNIMPLEMENTED.
  absl::StatusOr<Rows> AddLogOfSoftmax(const Rows& x);

  // Whether x is the untouched output of a row activation.
  bool IsRowOutput(const Rows& x) const;

  // Whether the elements of x are positive and add up to 1, but for rounding: a softmax, or the
  // sigmoids of z and -z.
  bool SumsToOne(const Rows& x) const;

  // Whether the largest element of `a` is that of `b`: the same value, or the softmax of it.
  static bool Same(const Rows& a, const Rows& b);
  bool SameOrder(const Rows& a, const Rows& b) const;

 private:
  Rows AddBase(Base base, std::vector<int64_t> dims);
  const Base& BaseOf(const Operand& value) const;

  // The dense layer of which x is an untouched sigmoid, or null.
  const Dense* SigmoidOf(const Rows& x) const;

  Budget& budget_;
  Expression expression_;
  std::map<int, Base> bases_;
  Rows input_;
  std::string place_;
};

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_TREE_H_
