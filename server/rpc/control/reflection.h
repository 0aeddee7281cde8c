// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_CONTROL_REFLECTION_H_
#define HILLOCK_SERVER_RPC_CONTROL_REFLECTION_H_

#include <google/protobuf/descriptor.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "proto/reflection.pb.h"
#include "server/core/base/status.h"

namespace hillock::rpc {

// The server's methods as gRPC's server reflection describes them: some services, and the
// files that they are written in, imports included. Nothing else of what the program contains.
// Immutable and thread-safe.
class Reflection {
 public:
  using Request = grpc::reflection::v1::ServerReflectionRequest;
  using Response = grpc::reflection::v1::ServerReflectionResponse;

  // Describes all services in `files`, and reflection itself, versions 1 and 1alpha.
  explicit Reflection(const std::vector<const google::protobuf::FileDescriptor*>& files);

  // Every request has an answer: an error is part of it, NOT_FOUND for what is not there and
  // INVALID_ARGUMENT for a request that asks for nothing. Costs little more than its bytes.
  Response Answer(const Request& request) const;

 private:
  using File = google::protobuf::FileDescriptor;

  const File* Add(const File& file);
  const File* Build(const google::protobuf::FileDescriptorProto& file);
  void AddServices(const File& file);
  absl::Status Fill(const Request& request, Response& response) const;
  absl::Status FillFiles(const File* file, const std::string& what, Response& response) const;
  void AddFiles(const File& file, std::set<const File*>& added, Response& response) const;
  absl::Status FillExtensionNumbers(const std::string& type, Response& response) const;
  const File* FindExtension(const std::string& type, int number) const;

  google::protobuf::DescriptorPool pool_;
  std::map<const File*, std::string> contents_;  // of the pool's files, serialized
  std::vector<std::string> services_;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_CONTROL_REFLECTION_H_
