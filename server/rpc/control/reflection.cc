// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/reflection.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>

#include <string_view>

namespace hillock::rpc {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using grpc::reflection::v1::ServerReflectionRequest;

constexpr std::string_view kVersion1 = ".grpc.reflection.v1.";
constexpr std::string_view kVersion1Alpha = ".grpc.reflection.v1alpha.";

std::string Quote(std::string_view kind, std::string_view name) {
  return fmt::format("{} '{}'", kind, Excerpt(name));
}

void Rename(std::string& type) {
  if (type.starts_with(kVersion1)) type.replace(0, kVersion1.size(), kVersion1Alpha);
}

// The file of version 1alpha, which differs from that of version 1 in the package alone.
FileDescriptorProto Version1Alpha() {
  FileDescriptorProto file;
  ServerReflectionRequest::descriptor()->file()->CopyTo(&file);
  file.set_name("proto/reflection_v1alpha.proto");
  file.set_package("grpc.reflection.v1alpha");
  for (auto& message : *file.mutable_message_type()) {
    for (auto& field : *message.mutable_field()) {
      if (field.has_type_name()) Rename(*field.mutable_type_name());
    }
  }
  for (auto& method : *file.mutable_service(0)->mutable_method()) {
    Rename(*method.mutable_input_type());
    Rename(*method.mutable_output_type());
  }
  return file;
}

}  // namespace

Reflection::Reflection(const std::vector<const FileDescriptor*>& files) {
  for (const FileDescriptor* file : files) AddServices(*Add(*file));
  AddServices(*Add(*ServerReflectionRequest::descriptor()->file()));
  AddServices(*Build(Version1Alpha()));
}

// Adds the file and, before it, what it imports, and returns the pool's own descriptor of it.
const FileDescriptor* Reflection::Add(const FileDescriptor& file) {
  if (const FileDescriptor* known = pool_.FindFileByName(file.name())) return known;
  for (int i = 0; i < file.dependency_count(); ++i) Add(*file.dependency(i));
  FileDescriptorProto proto;
  file.CopyTo(&proto);
  return Build(proto);
}

const FileDescriptor* Reflection::Build(const FileDescriptorProto& file) {
  const FileDescriptor* const built = pool_.BuildFile(file);
  HILLOCK_CHECK(built != nullptr);
  contents_[built] = file.SerializeAsString();
  return built;
}

void Reflection::AddServices(const FileDescriptor& file) {
  for (int i = 0; i < file.service_count(); ++i) {
    services_.push_back(file.service(i)->full_name());
  }
}

Reflection::Response Reflection::Answer(const Request& request) const {
  Response response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  if (const absl::Status status = Fill(request, response); !status.ok()) {
    response.mutable_error_response()->set_error_code(static_cast<int32_t>(status.code()));
    response.mutable_error_response()->set_error_message(std::string(status.message()));
  }
  return response;
}

absl::Status Reflection::Fill(const Request& request, Response& response) const {
  switch (request.message_request_case()) {
    case Request::kFileByFilename: {
      const std::string& name = request.file_by_filename();
      return FillFiles(pool_.FindFileByName(name), Quote("file", name), response);
    }
    case Request::kFileContainingSymbol: {
      const std::string& name = request.file_containing_symbol();
      return FillFiles(pool_.FindFileContainingSymbol(name), Quote("symbol", name), response);
    }
    case Request::kFileContainingExtension: {
      const std::string& type = request.file_containing_extension().containing_type();
      const int number = request.file_containing_extension().extension_number();
      return FillFiles(FindExtension(type, number),
                       fmt::format("extension {} of {}", number, Quote("message", type)), response);
    }
    case Request::kAllExtensionNumbersOfType:
      return FillExtensionNumbers(request.all_extension_numbers_of_type(), response);
    case Request::kListServices:
      for (const std::string& service : services_) {
        response.mutable_list_services_response()->add_service()->set_name(service);
      }
      return absl::OkStatus();
    case Request::MESSAGE_REQUEST_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "got a request for nothing, want a file, symbol, extension, message or the services");
}

absl::Status Reflection::FillFiles(const FileDescriptor* file, const std::string& what,
                                   Response& response) const {
  if (file == nullptr) return absl::NotFoundError("unknown " + what);
  std::set<const FileDescriptor*> added;
  AddFiles(*file, added, response);
  return absl::OkStatus();
}

// Adds the file and then what it imports, but for those that have been `added`.
void Reflection::AddFiles(const FileDescriptor& file, std::set<const FileDescriptor*>& added,
                          Response& response) const {
  if (!added.insert(&file).second) return;
  response.mutable_file_descriptor_response()->add_file_descriptor_proto(contents_.at(&file));
  for (int i = 0; i < file.dependency_count(); ++i) AddFiles(*file.dependency(i), added, response);
}

const FileDescriptor* Reflection::FindExtension(const std::string& type, int number) const {
  const auto* const message = pool_.FindMessageTypeByName(type);
  if (message == nullptr) return nullptr;
  const auto* const extension = pool_.FindExtensionByNumber(message, number);
  return extension == nullptr ? nullptr : extension->file();
}

absl::Status Reflection::FillExtensionNumbers(const std::string& type, Response& response) const {
  const auto* const message = pool_.FindMessageTypeByName(type);
  if (message == nullptr) return absl::NotFoundError("unknown " + Quote("message", type));
  std::vector<const google::protobuf::FieldDescriptor*> extensions;
  pool_.FindAllExtensions(message, &extensions);
  auto& numbers = *response.mutable_all_extension_numbers_response();
  numbers.set_base_type_name(type);
  for (const auto* extension : extensions) numbers.add_extension_number(extension->number());
  return absl::OkStatus();
}

}  // namespace hillock::rpc
