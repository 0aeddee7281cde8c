// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_BASE_ALIGNED_BUFFER_H_
#define HILLOCK_SERVER_CORE_BASE_ALIGNED_BUFFER_H_

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "server/core/base/pages.h"

namespace hillock {

// A fixed number of zeroed elements on a cache-line boundary, which is also the widest vector's.
// Movable, not copyable; moving keeps the elements where they are and
// leaves an empty buffer.
template <typename T>
class AlignedBuffer {
 public:
  static constexpr std::align_val_t kAlignment{64};

  AlignedBuffer() = default;
  explicit AlignedBuffer(size_t size) : size_(size), data_(size == 0 ? Data() : Allocate(size)) {}
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : size_(std::exchange(other.size_, 0)), data_(std::move(other.data_)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    size_ = std::exchange(other.size_, 0);
    data_ = std::move(other.data_);
    return *this;
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  size_t size() const { return size_; }
  std::span<T> span() { return {data(), size_}; }
  std::span<const T> span() const { return {data(), size_}; }

 private:
  static_assert(std::is_trivial_v<T>);

  struct Delete {
    size_t bytes = 0;
    void operator()(T* data) const {
      if (bytes >= kHugePage) return UnmapPages(data, bytes);
      ::operator delete[](data, kAlignment);
    }
  };
  using Data = std::unique_ptr<T[], Delete>;

  static Data Allocate(size_t size) {
    const size_t bytes = size * sizeof(T);
    T* const data =
        bytes >= kHugePage ? static_cast<T*>(MapPages(bytes)) : new (kAlignment) T[size]();
    return Data(data, Delete{bytes});
  }

  size_t size_ = 0;
  Data data_;
};

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_ALIGNED_BUFFER_H_
