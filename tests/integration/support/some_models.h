// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_INTEGRATION_SUPPORT_SOME_MODELS_H_
#define HILLOCK_TESTS_INTEGRATION_SUPPORT_SOME_MODELS_H_

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "tests/support/temporary_folder.h"

namespace hillock::testing {

// The content of a model file of models/.
std::string ModelContent(const std::string& model);

// A model of 4 inputs that answers 8 times its own number, whatever it is asked.
inline constexpr size_t kConstantInputs = 4;
inline constexpr size_t kConstantOutputs = 8;
std::string ConstantModel(int number);

// A repository with copies of some of the models of models/; it goes away with this.
class SomeModels {
 public:
  SomeModels(std::initializer_list<std::string> models);

  // Adds version 1 of a model, whatever its file holds.
  void Add(const std::string& model, std::string_view content) const;

  const TemporaryFolder& folder() const { return folder_; }
  std::string path() const { return folder_.path().string(); }

 private:
  TemporaryFolder folder_;
};

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_INTEGRATION_SUPPORT_SOME_MODELS_H_
