// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_CORE_MODEL_MODEL_FILE_H_
#define HILLOCK_TESTS_UNIT_CORE_MODEL_MODEL_FILE_H_

#include <string>
#include <vector>

#include "proto/mlp.pb.h"
#include "server/core/model/checksum.h"

namespace hillock::model {

// Floats as a file holds them.
inline std::string Packed(const std::vector<float>& floats) {
  return {reinterpret_cast<const char*>(floats.data()), floats.size() * sizeof(float)};
}

// A sound file of a 2-3-1 model that says no more than it must, for tests to change one thing in.
inline v1::Mlp SmallFile() {
  v1::Mlp file;
  file.set_format_version(1);
  file.mutable_input()->set_width(2);
  file.mutable_output()->set_width(1);
  auto& hidden = *file.add_layers();
  hidden.set_inputs(2);
  hidden.set_outputs(3);
  hidden.set_weights(Packed({1, 2, 3, 4, 5, 6}));
  hidden.mutable_activation()->set_name("relu");
  auto& last = *file.add_layers();
  last.set_inputs(3);
  last.set_outputs(1);
  last.set_weights(Packed({7, 8, 9}));
  return file;
}

// The file's bytes, with a right checksum.
inline std::string Sealed(const v1::Mlp& file) {
  std::string content = file.SerializeAsString();
  AppendTrailer(content);
  return content;
}

}  // namespace hillock::model

#endif  // HILLOCK_TESTS_UNIT_CORE_MODEL_MODEL_FILE_H_
