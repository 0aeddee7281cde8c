// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_BASE_DESCRIPTOR_H_
#define HILLOCK_SERVER_CORE_BASE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace hillock {

// A file descriptor that is closed with its owner; negative for none.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }

  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_DESCRIPTOR_H_
