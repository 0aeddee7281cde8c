#ifndef HILLOCK_SERVER_MODEL_ONNX_CHAIN_H_
#define HILLOCK_SERVER_MODEL_ONNX_CHAIN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "server/activation/activation.h"
#include "server/base/status.h"
#include "server/model/mlp.h"
#include "server/model/onnx/budget.h"
#include "server/model/onnx/expression.h"

namespace hillock::model::onnx {

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

// Turns a graph's operations, one after the other, into the layers of an Mlp.
//
// Scaling and shifting (scale * x + shift, in double precision) goes where it costs nothing: before
// the first layer into the normalisation; between a dense layer and its activation into that
// layer's weights and bias; after an activation into the weights and bias of the next layer. Each
// such step rounds a weight once. Only where there is no layer to take it, a layer with a diagonal
// matrix is made, of at most kMaxDiagonal units.
// Not thread-safe.
class Chain {
 public:
  static constexpr size_t kMaxDiagonal = 1024;

  // Rows of these sizes come in. The budget must outlive this.
  Chain(std::vector<int64_t> input_dims, Budget& budget);

  Expression& expression() { return expression_; }
  const Rows& input() const { return input_; }

  // y = W x, without a bias: adding one is arithmetic with a constant.
  // Errors, here and below: UNIMPLEMENTED when x was computed from a value that another layer has
  // already taken, or is no activation of the table.
  absl::StatusOr<Rows> AddDense(const Rows& x, Dense dense);

  // y = f(x) over each row as a whole. REQUIRES: spec.scope is kRow.
  absl::StatusOr<Rows> AddRowActivation(const Rows& x, const activation::Spec& spec);

  // [1 - p, p] for a p that is a sigmoid of one unit: as the softmax of [0, z], which it equals.
  absl::StatusOr<Rows> AddComplement(const Rows& p);

  // log of a softmax, else none: UNIMPLEMENTED.
  absl::StatusOr<Rows> AddLogOfSoftmax(const Rows& x);

  // Whether x is the untouched output of a row activation.
  bool IsRowOutput(const Rows& x) const;

  // Whether the elements of x are positive and add up to 1, but for rounding: a softmax, or the
  // sigmoids of z and -z.
  bool SumsToOne(const Rows& x) const;

  // Whether the largest element of `a` is that of `b`: the same value, or the softmax of it.
  bool SameOrder(const Rows& a, const Rows& b) const;

  // The layers that compute y. INVALID_ARGUMENT when numbers are not finite. REQUIRES: the last
  // call.
  absl::StatusOr<Mlp> Finish(const Rows& y) &&;

 private:
  absl::StatusOr<Affine> Settle(const Rows& x);
  absl::StatusOr<Affine> SettleAffine(const Affine& affine, size_t width);
  absl::StatusOr<Affine> SettleActivation(const Operand& value, size_t width);
  bool FitsNormalization(const Affine& affine) const;
  void SetNormalization(const Affine& affine, size_t width);
  void FoldIntoLast(const Affine& affine);
  absl::Status AddDiagonal(const Affine& affine, size_t width);
  Rows NewBase(std::vector<int64_t> dims, bool open);

  Budget& budget_;
  Expression expression_;
  Rows input_;
  Rows base_;          // what the next layer sees
  bool open_ = false;  // base_ is a dense layer's output that has no activation yet
  Rows row_input_;     // what the last row activation was applied to
  Mlp mlp_;
};

}  // namespace hillock::model::onnx

#endif  // HILLOCK_SERVER_MODEL_ONNX_CHAIN_H_
