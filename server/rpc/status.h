#ifndef HILLOCK_SERVER_RPC_STATUS_H_
#define HILLOCK_SERVER_RPC_STATUS_H_

#include <grpcpp/support/status.h>

#include <string>

#include "server/base/status.h"

namespace hillock::rpc {

// The same code and message in gRPC's type; the two number their codes alike.
inline grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_STATUS_H_
