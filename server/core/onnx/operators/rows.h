// What several operators of rows share.

#ifndef HILLOCK_SERVER_CORE_ONNX_OPERATORS_ROWS_H_
#define HILLOCK_SERVER_CORE_ONNX_OPERATORS_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/onnx/symbolic/values.h"

namespace hillock::onnx {

// The rows that `x` becomes by scaling and shifting.
Rows Mapped(const Rows& x, const ScaleShift& map);

// The elements of `tensor`, one for each value of a row with these dims, or a single one that
// stands for all. UNIMPLEMENTED when broadcasting would make the row larger or reach across rows.
absl::StatusOr<std::vector<double>> Spread(const Call& call, const Tensor& tensor,
                                           const std::vector<int64_t>& dims);

// Input number `input`, rows of which every one is a single vector.
absl::StatusOr<Rows> VectorsAt(const Call& call, size_t input);

// The dense layer that a node gives its rows. Weights: [in, out], or [out, in] when transposed.
// INVALID_ARGUMENT when they do not fit the rows.
absl::StatusOr<Dense> MakeDense(const Call& call, const Rows& x, Tensor weights, bool transposed);

// Input 0 as it is.
absl::StatusOr<GraphValue> PassThrough(const Call& call);

// The class that input 1, a label, picks from the names of input 0.
absl::StatusOr<GraphValue> PickClass(const Call& call);

// The names of classes that a tensor holds, integers as decimals.
std::vector<std::string> NamesIn(const Tensor& classes);

// The classes that a node of ai.onnx.ml names, integers as decimals; none when it names none.
absl::StatusOr<std::vector<std::string>> ClassNames(const NodeView& node);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_OPERATORS_ROWS_H_
