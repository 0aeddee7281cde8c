// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/codec.h"

#include "server/rpc/messages/decode/inputs.h"
#include "server/rpc/messages/decode/outputs.h"

namespace hillock::rpc {

// Cheap checks first: names, then the shapes, whose rows the size of the answer depends on.
absl::StatusOr<InferView> DecodeShape(const RequestView& request,
                                      const lifecycle::ServedModel& model, const Limits& limits) {
  InferView view;
  HILLOCK_RETURN_IF_ERROR(FindInputs(request, model, view));
  HILLOCK_RETURN_IF_ERROR(FindOutputs(request, model, view));
  HILLOCK_ASSIGN_OR_RETURN(view.answer_bytes, CheckAnswer(model, limits, view));
  return view;
}

}  // namespace hillock::rpc
