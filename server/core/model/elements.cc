// SPDX-License-Identifier: Apache-2.0
#include "server/core/model/elements.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "server/core/base/half.h"

namespace hillock::model {
namespace {

struct Half {
  uint16_t bits;
};
struct Bfloat16 {
  uint16_t bits;
};
struct Bool {
  uint8_t byte;
};

float ToFloat(Half half) { return HalfToFloat(half.bits); }
float ToFloat(Bfloat16 value) { return Bfloat16ToFloat(value.bits); }
float ToFloat(float value) { return value; }
double ToFloat(double value) { return value; }

template <class T>
T Load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Calls `visit` with a value of the type that elements of a datatype have in memory.
template <class Visit>
auto WithType(Datatype datatype, const Visit& visit) {
  switch (datatype) {
    case Datatype::kUint8:
      return visit(uint8_t{});
    case Datatype::kUint16:
      return visit(uint16_t{});
    case Datatype::kUint32:
      return visit(uint32_t{});
    case Datatype::kUint64:
      return visit(uint64_t{});
    case Datatype::kInt8:
      return visit(int8_t{});
    case Datatype::kInt16:
      return visit(int16_t{});
    case Datatype::kInt32:
      return visit(int32_t{});
    case Datatype::kInt64:
      return visit(int64_t{});
    case Datatype::kFp16:
      return visit(Half{});
    case Datatype::kBf16:
      return visit(Bfloat16{});
    case Datatype::kFp32:
      return visit(float{});
    case Datatype::kFp64:
      return visit(double{});
    default:
      return visit(Bool{});
  }
}

struct IntegerRange {
  int64_t low;
  uint64_t high;
};

template <class T>
constexpr IntegerRange RangeOfType() {
  return {static_cast<int64_t>(std::numeric_limits<T>::lowest()),
          static_cast<uint64_t>(std::numeric_limits<T>::max())};
}

constexpr IntegerRange UpTo(int bits) { return {-(int64_t{1} << bits), uint64_t{1} << bits}; }

// The integers that a datatype holds: of the floats, those without a gap between them.
constexpr IntegerRange RangeOf(Datatype datatype) {
  switch (datatype) {
    case Datatype::kUint8:
      return RangeOfType<uint8_t>();
    case Datatype::kUint16:
      return RangeOfType<uint16_t>();
    case Datatype::kUint32:
      return RangeOfType<uint32_t>();
    case Datatype::kUint64:
      return RangeOfType<uint64_t>();
    case Datatype::kInt8:
      return RangeOfType<int8_t>();
    case Datatype::kInt16:
      return RangeOfType<int16_t>();
    case Datatype::kInt32:
      return RangeOfType<int32_t>();
    case Datatype::kInt64:
      return RangeOfType<int64_t>();
    case Datatype::kFp16:
      return UpTo(11);
    case Datatype::kBf16:
      return UpTo(8);
    case Datatype::kFp32:
      return UpTo(24);
    case Datatype::kFp64:
      return UpTo(53);
    default:
      return {0, 1};
  }
}

constexpr bool IsFloat(Datatype datatype) { return SpecOf(datatype).kind == DatatypeKind::kFloat; }

// The integers that survive. REQUIRES: one of the two datatypes is no float.
constexpr IntegerRange Survivors(const Conversion& conversion) {
  const IntegerRange a = RangeOf(conversion.sent);
  const IntegerRange b = RangeOf(conversion.declared);
  if (conversion.sent == conversion.declared || IsFloat(conversion.sent)) return b;
  return {std::max(a.low, b.low), std::min(a.high, b.high)};
}

// The largest float of a datatype. Numbers are computed in FP32, which FP64 does not go beyond.
constexpr float Largest(Datatype datatype) {
  if (datatype == Datatype::kFp16) return HalfToFloat(0x7bff);
  if (datatype == Datatype::kBf16) return Bfloat16ToFloat(0x7f7f);
  return std::numeric_limits<float>::max();
}

// The position of the first element that is bad, of which there may be none. Looking for one at a
// time is left to those that have any.
template <class IsBad>
size_t FirstBad(size_t count, const IsBad& is_bad) {
  size_t i = 0;
  while (i < count && !is_bad(i)) ++i;
  return i;
}

template <class T>
size_t ConvertIntegers(const IntegerRange& range, const char* elements, size_t count, float* to) {
  constexpr T kMin = std::numeric_limits<T>::lowest();
  constexpr T kMax = std::numeric_limits<T>::max();
  const T low = std::cmp_less(range.low, kMin) ? kMin : static_cast<T>(range.low);
  const T high = std::cmp_greater(range.high, kMax) ? kMax : static_cast<T>(range.high);
  const auto is_bad = [&](size_t i) {
    const T value = Load<T>(elements + i * sizeof(T));
    return (value < low) | (value > high);
  };
  bool bad = false;
  for (size_t i = 0; i < count; ++i) {
    to[i] = static_cast<float>(Load<T>(elements + i * sizeof(T)));
    bad |= is_bad(i);
  }
  return bad ? FirstBad(count, is_bad) : count;
}

size_t ConvertBools(const char* elements, size_t count, float* to) {
  for (size_t i = 0; i < count; ++i) to[i] = elements[i] != 0 ? 1 : 0;
  return count;
}

// A double that is nearer to the largest float than to the next power of two becomes that float.
template <class T>
size_t ConvertFloats(Datatype declared, const char* elements, size_t count, float* to) {
  using Value = decltype(ToFloat(T{}));
  constexpr double kNearLargest = 0x1.fffffefffffffp127;
  const float largest = Largest(declared);
  const double limit = largest == std::numeric_limits<float>::max() ? kNearLargest : largest;
  const auto is_bad = [&](size_t i) {
    const double size = std::abs(static_cast<double>(ToFloat(Load<T>(elements + i * sizeof(T)))));
    return (size > limit) & (size <= std::numeric_limits<double>::max());
  };
  constexpr bool kMayBeBad = sizeof(Value) > sizeof(float);
  bool bad = false;
  for (size_t i = 0; i < count; ++i) {
    to[i] = static_cast<float>(ToFloat(Load<T>(elements + i * sizeof(T))));
    if (kMayBeBad || limit < kNearLargest) bad |= is_bad(i);
  }
  return bad ? FirstBad(count, is_bad) : count;
}

template <class T>
size_t ConvertWhole(const IntegerRange& range, const char* elements, size_t count, float* to) {
  const auto low = static_cast<double>(range.low);
  const double end = static_cast<double>(range.high) + 1;  // exact: the next power of two
  const auto is_bad = [&](size_t i) {
    const double value = ToFloat(Load<T>(elements + i * sizeof(T)));
    return !(value == std::trunc(value) && value >= low && value < end);
  };
  bool bad = false;
  for (size_t i = 0; i < count; ++i) {
    to[i] = static_cast<float>(ToFloat(Load<T>(elements + i * sizeof(T))));
    bad |= is_bad(i);
  }
  return bad ? FirstBad(count, is_bad) : count;
}

template <class T>
constexpr bool kIsInteger = std::numeric_limits<T>::is_integer;

// Saturates; the bounds of wide integers are no floats, but the powers of two next to them are.
template <class T>
T NearestInteger(float value) {
  constexpr auto kLow = static_cast<float>(std::numeric_limits<T>::lowest());
  constexpr auto kHigh = static_cast<float>(std::numeric_limits<T>::max());
  if (std::isnan(value)) return 0;
  if (value <= kLow) return std::numeric_limits<T>::lowest();
  if (value >= kHigh) return std::numeric_limits<T>::max();
  return static_cast<T>(std::nearbyint(value));
}

template <class T>
T FromFloat(float value) {
  if constexpr (kIsInteger<T>) return NearestInteger<T>(value);
  if constexpr (std::is_same_v<T, Bool>) return {value != 0};
  if constexpr (std::is_same_v<T, Half>) return {FloatToHalf(value)};
  if constexpr (std::is_same_v<T, Bfloat16>) return {FloatToBfloat16(value)};
  if constexpr (std::is_floating_point_v<T>) return T{value};
}

}  // namespace

size_t ToFloats(const Conversion& conversion, const char* elements, size_t count, float* to) {
  return WithType(conversion.stored, [&]<class T>(T) {
    if constexpr (std::is_same_v<T, Bool>) {
      return ConvertBools(elements, count, to);
    } else if constexpr (kIsInteger<T>) {
      return ConvertIntegers<T>(Survivors(conversion), elements, count, to);
    } else if (IsFloat(conversion.declared)) {
      return ConvertFloats<T>(conversion.declared, elements, count, to);
    } else {
      return ConvertWhole<T>(Survivors(conversion), elements, count, to);
    }
  });
}

std::string WantOf(const Conversion& conversion) {
  const std::string_view name = DatatypeName(conversion.declared);
  if (IsFloat(conversion.sent) && IsFloat(conversion.declared)) {
    const float largest = Largest(conversion.declared);
    return fmt::format("{} to {} for {}", -largest, largest, name);
  }
  const IntegerRange range = Survivors(conversion);
  return fmt::format("a whole number from {} to {} for {}", range.low, range.high, name);
}

std::string TextOf(Datatype stored, const char* element) {
  return WithType(stored, [&]<class T>(T) {
    const T value = Load<T>(element);
    if constexpr (std::is_same_v<T, Bool>) {
      return fmt::to_string(value.byte);
    } else if constexpr (kIsInteger<T>) {
      return fmt::format("{:d}", value);
    } else {
      return fmt::to_string(ToFloat(value));
    }
  });
}

void FromFloats(Datatype datatype, const char* floats, size_t count, char* to) {
  WithType(datatype, [&]<class T>(T) {
    for (size_t i = 0; i < count; ++i) {
      const T value = FromFloat<T>(Load<float>(floats + i * sizeof(float)));
      std::memcpy(to + i * sizeof value, &value, sizeof value);
    }
  });
}

int64_t IntegerOf(Datatype datatype, float value) {
  return WithType(datatype, [&]<class T>(T) -> int64_t {
    if constexpr (kIsInteger<T>) return static_cast<int64_t>(NearestInteger<T>(value));
    return value != 0 ? 1 : 0;
  });
}

}  // namespace hillock::model
