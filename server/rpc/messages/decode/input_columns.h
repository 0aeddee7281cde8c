// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_MESSAGES_DECODE_INPUT_COLUMNS_H_
#define HILLOCK_SERVER_RPC_MESSAGES_DECODE_INPUT_COLUMNS_H_

#include <cstddef>
#include <string_view>

#include "server/core/base/status.h"
#include "server/core/model/elements.h"
#include "server/lifecycle/served_model.h"
#include "server/rpc/messages/request_view.h"

namespace hillock::rpc {

// The columns that one input has in gathered rows. It is filled once, from the first row on, with
// as many elements as it has.
class InputColumns {
 public:
  // `rows` are [..][input_width()] floats.
  InputColumns(const lifecycle::ServedModel& model, const lifecycle::ServedInput& input,
               float* rows)
      : model_(model), input_(input), first_(rows + input.offset), stride_(model.input_width()) {}

  // Zeros in so many rows: a request may leave the input out.
  void FillZeros(size_t rows);

  // The elements of raw_input_contents, or of the contents of `from`; of one or of all rows.
  // INVALID_ARGUMENT for an element that does not survive, and for strings that end elsewhere than
  // `raw`.
  absl::Status FillRaw(model::Datatype sent, std::string_view raw, size_t elements);
  absl::Status FillTyped(model::Datatype sent, const InputView& from);

  // Repeats the first row so that there are so many.
  void Repeat(size_t rows);

 private:
  absl::Status Add(const model::Conversion& conversion, const char* elements, size_t count);
  void AddString(std::string_view text);
  absl::Status FillStrings(std::string_view raw, size_t elements);
  size_t width() const { return input_.input.width; }
  float* RowOf(size_t element) { return first_ + element / width() * stride_; }

  const lifecycle::ServedModel& model_;
  const lifecycle::ServedInput& input_;
  float* const first_;
  const size_t stride_;
  size_t filled_ = 0;  // elements
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_DECODE_INPUT_COLUMNS_H_
