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

// One way in which a base is read: after(form(base)).
struct Read {
  Operand value;                          // as the graph has it
  const activation::Spec* row = nullptr;  // the row activation over it that the form contains
  bool exact = false;  // the reader is an output, which cannot absorb a scale or shift
  Form form;
  ScaleShift after;
};

// Who reads what, as far as some output needs it. Bases are named by their atoms.
struct Reads {
  std::map<int, std::vector<Read>> of;  // all different reads of a base
  std::map<int, size_t> of_x;           // for base b: index in of[base of b's x] of what b reads
  std::vector<size_t> outputs;          // for output i: index in of[its base] of what it reads
};

// An output of the graph.
struct Wanted {
  std::string name;  // for errors
  Rows rows;
};

// Follows the outputs back to the input, and recognizes the activation in every function between
// two bases. UNIMPLEMENTED for one that is none of the table, and above kMaxDiagonal, naming the
// node that reads it, or the output; INVALID_ARGUMENT for scaling and shifting by numbers that are
// not finite; RESOURCE_EXHAUSTED above the budget.
absl::StatusOr<Reads> CollectReads(const Tree& tree, const std::vector<Wanted>& outputs,
                                   Budget& budget);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_LOWERING_READS_H_
