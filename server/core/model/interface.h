// SPDX-License-Identifier: Apache-2.0

// What a model's file says of the tensors that go in and come out: the interface on the wire.
//
// Inside, every value is rows of floats. An element of another datatype is a float as follows:
//   numbers   the float nearest to it; integers up to 2^24 are exact
//   BOOL      0 or 1
//   BYTES     the position of the string among Mlp::words; -1 for a string that is not there

#ifndef HILLOCK_SERVER_CORE_MODEL_INTERFACE_H_
#define HILLOCK_SERVER_CORE_MODEL_INTERFACE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "server/core/model/datatype.h"
#include "server/core/model/value_id.h"

namespace hillock::model {

inline constexpr float kDefaultThreshold = 0.5f;

// Most tensors of each kind that a model has; label outputs are not counted.
inline constexpr size_t kMaxInputs = 64;
inline constexpr size_t kMaxOutputs = 64;

// Axes of a tensor on the wire.
inline constexpr size_t kMaxRank = 8;

// The sizes of a tensor's axes. One of them may depend on the rows: -k stands for k times their
// number. Elements are in row-major order, which is row after row: the axes before that one are 1.
// A shape without such an axis is that of a single row, or of a constant.
using TensorShape = std::vector<int64_t>;

// The sizes for so many rows.
TensorShape WithRows(const TensorShape& shape, size_t rows);

// Whether an axis depends on the rows.
bool HasRows(const TensorShape& shape);

struct Input {
  std::string name;
  Datatype datatype = Datatype::kFp32;
  TensorShape shape;  // [-1, width] in most models
  size_t width = 0;   // elements of a row

  // Whether a request has to have it. What nothing reads may be left out.
  bool required = true;

  // It has one row for all rows of a request: an observation beside many candidates. Its shape has
  // no axis of rows.
  bool shared = false;

  // It may hold NaN and infinities, which the model does something about.
  bool takes_non_finite = false;

  // The smallest and the largest value that a column may have, [width] each; empty: any.
  std::vector<float> low{};
  std::vector<float> high{};
};

// An input of FP32, shape [rows, width].
Input FlatInput(std::string name, size_t width);

// What a model answers with: a value, or a constant.
struct Output {
  std::string name;
  ValueId source = ValueId::kInput;  // the value that it is; in a valid model not the input

  // Of a model.mlp of version 1 or 2. There is a second output then, of the class of each row.
  std::vector<std::string> class_labels{};  // may be empty; else see proto/mlp.proto
  float threshold = kDefaultThreshold;      // where the second class of one column begins, or yes
  bool multilabel = false;                  // each column says yes or no; there are no class_labels

  Datatype datatype = Datatype::kFp32;

  // Empty: [rows, width]; beside inputs without an axis of rows, of one element, no axes at all.
  TensorShape shape{};

  // What each column stands for, for people: the classes of probabilities. Empty: unknown.
  std::vector<std::string> column_names{};

  // The same in every answer, in this shape, whatever the rows: elements as floats. There is no
  // source then.
  bool is_constant = false;
  std::vector<float> constant{};

  // Whether there is an output of labels beside that of the floats.
  bool has_labels() const { return multilabel || !class_labels.empty(); }
};

// An output of the file that the model does not have.
struct LeftOut {
  std::string name;
  std::string reason;  // "node 'noise' (RandomNormalLike): draws random numbers"
};

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_INTERFACE_H_
