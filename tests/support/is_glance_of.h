#ifndef HILLOCK_TESTS_SUPPORT_IS_GLANCE_OF_H_
#define HILLOCK_TESTS_SUPPORT_IS_GLANCE_OF_H_

#include <google/protobuf/util/field_comparator.h>
#include <google/protobuf/util/message_differencer.h>

#include "proto/inference.pb.h"

namespace hillock::testing {

// Whether `glance` is what rpc::Glance() has to show of the request.
inline bool IsGlanceOf(inference::ModelInferRequest request,
                       const inference::ModelInferRequest& glance) {
  request.clear_raw_input_contents();
  for (auto& input : *request.mutable_inputs()) input.clear_contents();
  google::protobuf::util::DefaultFieldComparator comparator;
  comparator.set_treat_nan_as_equal(true);
  google::protobuf::util::MessageDifferencer differencer;
  differencer.set_field_comparator(&comparator);
  return differencer.Compare(request, glance);
}

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_IS_GLANCE_OF_H_
