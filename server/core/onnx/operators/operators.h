// What the operators of ONNX mean for a tree of layers. Each function handles one operator whose
// inputs depend on the rows; the graph has already seen to it that all inputs exist. Errors are
// UNIMPLEMENTED for what is no multi-layer perceptron and INVALID_ARGUMENT for shapes that do not
// fit; the graph adds the node.
//
// Operators: https://github.com/onnx/onnx/blob/main/docs/Operators.md and Operators-ml.md.

#ifndef HILLOCK_SERVER_CORE_ONNX_OPERATORS_OPERATORS_H_
#define HILLOCK_SERVER_CORE_ONNX_OPERATORS_OPERATORS_H_

#include <vector>

#include "server/core/base/status.h"
#include "server/core/onnx/symbolic/values.h"

namespace hillock::onnx {

using Operator = absl::StatusOr<GraphValue> (*)(const Call&);

// Null when there is none.
Operator FindOperator(std::string_view domain, std::string_view op);

// dense_operators.cc
absl::StatusOr<GraphValue> Gemm(const Call& call);
absl::StatusOr<GraphValue> MatMul(const Call& call);

// linear_operators.cc: one dense layer in the words of ai.onnx.ml. A classifier gives NamedRows,
// for its two outputs.
absl::StatusOr<GraphValue> LinearRegressor(const Call& call);
absl::StatusOr<GraphValue> LinearClassifier(const Call& call);

// normalization_operators.cc
absl::StatusOr<GraphValue> BatchNormalization(const Call& call);
absl::StatusOr<GraphValue> Scaler(const Call& call);
absl::StatusOr<GraphValue> Normalizer(const Call& call);  // of what adds up to 1 already

// elementwise_operators.cc: activations and arithmetic
absl::StatusOr<GraphValue> Arithmetic(const Call& call);
absl::StatusOr<GraphValue> Elementwise(const Call& call);
absl::StatusOr<GraphValue> Clip(const Call& call);
absl::StatusOr<GraphValue> Prelu(const Call& call);

// row_operators.cc
absl::StatusOr<GraphValue> RowActivation(const Call& call);

// shape_operators.cc: they change how values are numbered, never which row they are in
absl::StatusOr<GraphValue> PassThrough(const Call& call);
absl::StatusOr<GraphValue> CastRows(const Call& call);
absl::StatusOr<GraphValue> FlattenRows(const Call& call);
absl::StatusOr<GraphValue> ReshapeRows(const Call& call);
absl::StatusOr<GraphValue> SqueezeRows(const Call& call);
absl::StatusOr<GraphValue> UnsqueezeRows(const Call& call);
absl::StatusOr<GraphValue> TransposeRows(const Call& call);
absl::StatusOr<GraphValue> ShapeOfRows(const Call& call);

// label_operators.cc: what classifiers end with
absl::StatusOr<GraphValue> ArgMax(const Call& call);
absl::StatusOr<GraphValue> Binarizer(const Call& call);
absl::StatusOr<GraphValue> PickClass(const Call& call);
absl::StatusOr<GraphValue> ZipMap(const Call& call);
absl::StatusOr<GraphValue> ConcatRows(const Call& call);

// The classes that a node of ai.onnx.ml names, integers as decimals; none when it names none.
absl::StatusOr<std::vector<std::string>> ClassNames(const NodeView& node);

// The elements of `tensor`, one for each value of a row with these dims, or a single one that
// stands for all. UNIMPLEMENTED when broadcasting would make the row larger or reach across rows.
absl::StatusOr<std::vector<double>> Spread(const Call& call, const Tensor& tensor,
                                           const std::vector<int64_t>& dims);

// Input number `input`, rows of which every one is a single vector.
absl::StatusOr<Rows> VectorsAt(const Call& call, size_t input);

// The dense layer that a node gives its rows. Weights: [in, out], or [out, in] when transposed.
// INVALID_ARGUMENT when they do not fit the rows.
absl::StatusOr<Dense> MakeDense(const Call& call, const Rows& x, Tensor weights, bool transposed);

// The rows that `x` becomes under an affine map.
Rows Mapped(const Rows& x, const ScaleShift& affine);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_OPERATORS_OPERATORS_H_
