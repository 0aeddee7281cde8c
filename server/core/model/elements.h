// SPDX-License-Identifier: Apache-2.0

// Elements of tensors on the wire, and the floats that they are inside: see interface.h.

#ifndef HILLOCK_SERVER_CORE_MODEL_ELEMENTS_H_
#define HILLOCK_SERVER_CORE_MODEL_ELEMENTS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "server/core/model/datatype.h"

namespace hillock::model {

// From numbers on the wire to floats. None of the datatypes is BYTES.
struct Conversion {
  Datatype stored;    // how the elements lie in memory
  Datatype sent;      // what they are said to be; narrower than `stored` in typed contents
  Datatype declared;  // what the file wants
};

// Converts `count` elements, little-endian at any alignment, to the floats nearest to them. Returns
// the position of the first one that does not survive, or `count`. What survives:
//   as declared    everything; a double that no float is near to does not
//   to a float     integers that it holds exactly, all of that size: 2^24 for FP32; floats up to
//   its
//                  largest; NaN and infinities
//   to an integer  whole numbers in its range
//   to BOOL        0 and 1
size_t ToFloats(const Conversion& conversion, const char* elements, size_t count, float* to);

// For messages: "a whole number from 0 to 255 for UINT8", and an element as text.
std::string WantOf(const Conversion& conversion);
std::string TextOf(Datatype stored, const char* element);

// Converts floats, at any alignment, to elements of a datatype other than BYTES: rounded to
// nearest, ties to even. Integers saturate, and NaN is 0; BOOL is 1 for everything but 0.
void FromFloats(Datatype datatype, const char* floats, size_t count, char* to);

// The integer or BOOL that FromFloats() makes of one, in 64 bits.
int64_t IntegerOf(Datatype datatype, float value);

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_ELEMENTS_H_
