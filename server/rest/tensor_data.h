// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_REST_TENSOR_DATA_H_
#define HILLOCK_SERVER_REST_TENSOR_DATA_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/model/datatype.h"

namespace hillock::rest {

// The elements that JSON has for a tensor, in order, while its datatype is perhaps not known yet.
// Numbers take 8 bytes each; integers are exact as long as no other number is among them.
class TensorData {
 public:
  // INVALID_ARGUMENT when elements of different kinds come together: numbers, strings, true and
  // false.
  absl::Status AddInteger(int64_t value);
  absl::Status AddUnsigned(uint64_t value);
  absl::Status AddFloat(double value);
  absl::Status AddBool(bool value);
  absl::Status AddString(std::string_view value);

  size_t size() const { return count_; }

  // Appends the elements as raw bytes of the datatype: little-endian, densely packed, strings after
  // their length in four bytes. INVALID_ARGUMENT for elements of another kind, numbers that the
  // datatype does not have, and for FP16 and BF16, which the protocol sends as bytes alone.
  absl::Status AppendTo(std::string& raw, model::Datatype datatype) const;

 private:
  enum class Kind : uint8_t { kNone, kIntegers, kFloats, kBools, kStrings };

  static std::string_view NameOf(Kind kind);
  absl::Status Expect(Kind kind);
  absl::Status CheckKind(model::Datatype datatype) const;
  absl::Status AppendBools(std::string& raw) const;
  void MakeFloats();
  template <class T>
  absl::Status AppendNumbers(std::string& raw) const;
  template <class T>
  absl::Status AppendIntegers(std::string& raw) const;
  template <class T>
  absl::Status AppendFloats(std::string& raw) const;

  Kind kind_ = Kind::kNone;
  size_t count_ = 0;
  bool has_negative_ = false;
  bool has_large_ = false;         // beyond int64_t: all are to be read as uint64_t
  std::vector<int64_t> integers_;  // bools as well
  std::vector<double> floats_;
  std::string strings_;  // raw
};

}  // namespace hillock::rest

#endif  // HILLOCK_SERVER_REST_TENSOR_DATA_H_
