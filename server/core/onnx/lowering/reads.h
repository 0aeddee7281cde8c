#ifndef HILLOCK_SERVER_CORE_ONNX_LOWERING_READS_H_
#define HILLOCK_SERVER_CORE_ONNX_LOWERING_READS_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/core/base/status.h"
#include "server/core/onnx/reading/budget.h"
#include "server/core/onnx/symbolic/tree.h"

namespace hillock::onnx {

// Units of the largest layer that is made only to scale, shift or activate values.
inline constexpr size_t kMaxDiagonal = 1024;

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

// One way in which a base is read: as after(form(base)).
struct Read {
  Operand value;                          // as the graph has it
  const activation::Spec* row = nullptr;  // the row activation over that, which the form contains
  bool exact = false;                     // by an output, which cannot take a part of it on
  Form form;
  ScaleShift after;
};

// Who reads what, as far as some output needs it.
struct Reads {
  std::map<int, std::vector<Read>> of;  // by the base's atom
  std::map<int, size_t> x;              // by the base's atom: which read of its x's base is its own
  std::vector<size_t> outputs;          // which read of its base each is
};

// An output of the graph.
struct Wanted {
  std::string name;  // for errors
  Rows rows;
};

// Follows the outputs back to the input, and finds the activation in every function on the way.
// UNIMPLEMENTED for one that is none of the table, and above kMaxDiagonal, naming the node that
// reads it, or the output; INVALID_ARGUMENT for scaling and shifting by numbers that are not
// finite; RESOURCE_EXHAUSTED above the budget.
absl::StatusOr<Reads> CollectReads(const Tree& tree, const std::vector<Wanted>& outputs,
                                   Budget& budget);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_LOWERING_READS_H_
