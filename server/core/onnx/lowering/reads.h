// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_LOWERING_READS_H_
#define HILLOCK_SERVER_CORE_ONNX_LOWERING_READS_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/core/base/status.h"
#include "server/core/onnx/reading/budget.h"
#include "server/core/onnx/symbolic/row_graph.h"

namespace hillock::onnx {

// activation(before(x)): what a layer makes of W x.
struct Form {
  Form();  // x itself

  ScaleShift before;
  const activation::Spec* activation;
  activation::Params params{};
  std::vector<float> slopes;

  bool is_plain() const;
  bool operator==(const Form&) const = default;
};

// One way in which a base is read: after(form(base)).
struct Read {
  Operand value;                          // as the graph has it
  const activation::Spec* row = nullptr;  // the row activation over it that the form contains
  bool exact = false;  // the reader cannot absorb a scale or shift: an output, a row operation
  Form form;
  ScaleShift after;
};

// Who reads what, as far as some output needs it. Bases are named by their atoms.
struct Reads {
  std::map<int, std::vector<Read>> of;  // all different reads of a base

  // For base b, and for each of its xs and for output i: the index in of[its base] of what it
  // reads; of no meaning for a constant.
  std::map<int, std::vector<size_t>> of_xs;
  std::vector<size_t> outputs;
};

// An output of the graph.
struct Wanted {
  std::string name;  // for errors
  Rows rows;
};

// Follows the outputs back to the input, and recognizes the activation in every function between
// two bases. A function that is none of the table becomes a base of its own, operator by operator.
// UNIMPLEMENTED for an operator that no layer can have, naming the node that reads it, or the
// output; INVALID_ARGUMENT for scaling and shifting by numbers that are not finite;
// RESOURCE_EXHAUSTED above the budget.
absl::StatusOr<Reads> CollectReads(RowGraph& graph, const std::vector<Wanted>& outputs);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_LOWERING_READS_H_
