// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_MODEL_VALUE_ID_H_
#define HILLOCK_SERVER_CORE_MODEL_VALUE_ID_H_

#include <cstddef>
#include <utility>
#include <vector>

namespace hillock::model {

// A value that flows between layers: the input after the normalization, or the outputs of a layer.
// The number of a value, as files have it, is 0 for the input and i + 1 for what layers[i]
// computes.
enum class ValueId : size_t { kInput = 0 };

constexpr size_t NumberOf(ValueId value) { return static_cast<size_t>(value); }

// What the layer at that index computes, and back. REQUIRES of LayerOf: not the input.
constexpr ValueId OutputOf(size_t layer) { return ValueId{layer + 1}; }
constexpr size_t LayerOf(ValueId value) { return NumberOf(value) - 1; }

// Something about each value of a model of so many layers.
template <typename T>
class ValueMap {
 public:
  explicit ValueMap(size_t layers, const T& initial = T()) : of_(layers + 1, initial) {}

  T& operator[](ValueId value) { return of_[NumberOf(value)]; }
  const T& operator[](ValueId value) const { return of_[NumberOf(value)]; }

 private:
  std::vector<T> of_;
};

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_VALUE_ID_H_
