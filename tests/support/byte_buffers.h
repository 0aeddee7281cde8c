#ifndef HILLOCK_TESTS_SUPPORT_BYTE_BUFFERS_H_
#define HILLOCK_TESTS_SUPPORT_BYTE_BUFFERS_H_

#include <grpcpp/impl/grpc_library.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace hillock::testing {

// Sets up the functions that a ByteBuffer calls. Otherwise whatever makes a channel or a server
// does, and a program without any, linked with gRPC's archive, would call none.
inline const grpc::internal::GrpcLibraryInitializer kGrpcLibrary;

// The bytes as gRPC hands them over, in slices of `most` at most.
inline grpc::ByteBuffer InSlices(std::string_view bytes, size_t most) {
  std::vector<grpc::Slice> slices;
  for (size_t i = 0; i < bytes.size(); i += most) {
    slices.emplace_back(bytes.data() + i, std::min(most, bytes.size() - i));
  }
  return {slices.data(), slices.size()};
}

inline grpc::ByteBuffer InOneSlice(std::string_view bytes) {
  return InSlices(bytes, std::max<size_t>(bytes.size(), 1));
}

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_BYTE_BUFFERS_H_
