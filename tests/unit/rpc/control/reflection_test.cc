// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/reflection.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "proto/health.pb.h"
#include "proto/inference.pb.h"

namespace hillock::rpc {
namespace {

using ::google::protobuf::DescriptorPool;
using ::google::protobuf::FileDescriptorProto;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Request = Reflection::Request;
using Response = Reflection::Response;

constexpr int kInvalidArgument = 3;
constexpr int kNotFound = 5;

std::vector<FileDescriptorProto> FilesIn(const Response& response) {
  std::vector<FileDescriptorProto> files;
  for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
    files.emplace_back();
    EXPECT_TRUE(files.back().ParseFromString(bytes));
  }
  return files;
}

std::vector<std::string> FileNamesIn(const Response& response) {
  std::vector<std::string> names;
  for (const auto& file : FilesIn(response)) names.push_back(file.name());
  return names;
}

class ReflectionTest : public ::testing::Test {
 protected:
  Response OfFile(const std::string& name) {
    Request request;
    request.set_file_by_filename(name);
    return Ask(request);
  }
  Response OfSymbol(const std::string& name) {
    Request request;
    request.set_file_containing_symbol(name);
    return Ask(request);
  }
  Response OfExtension(const std::string& type, int number) {
    Request request;
    request.mutable_file_containing_extension()->set_containing_type(type);
    request.mutable_file_containing_extension()->set_extension_number(number);
    return Ask(request);
  }
  Response OfExtensions(const std::string& type) {
    Request request;
    request.set_all_extension_numbers_of_type(type);
    return Ask(request);
  }
  Response Ask(Request request) {
    request.set_host("here");
    Response response = Subject().Answer(request);
    EXPECT_EQ(response.valid_host(), "here");
    EXPECT_EQ(response.original_request().SerializeAsString(), request.SerializeAsString());
    return response;
  }
  virtual const Reflection& Subject() const { return ours_; }

 private:
  const Reflection ours_{{inference::ModelInferRequest::descriptor()->file(),
                          grpc::health::v1::HealthCheckRequest::descriptor()->file()}};
};

TEST_F(ReflectionTest, ListsTheServices) {
  Request request;
  request.set_list_services("*");
  const Response response = Ask(request);
  std::vector<std::string> names;
  for (const auto& service : response.list_services_response().service()) {
    names.push_back(service.name());
  }
  EXPECT_THAT(names, UnorderedElementsAre("inference.GRPCInferenceService", "grpc.health.v1.Health",
                                          "grpc.reflection.v1.ServerReflection",
                                          "grpc.reflection.v1alpha.ServerReflection"));
}

TEST_F(ReflectionTest, KnowsFiles) {
  for (const char* name : {"proto/inference.proto", "proto/health.proto", "proto/reflection.proto",
                           "proto/reflection_v1alpha.proto"}) {
    EXPECT_THAT(FileNamesIn(OfFile(name)), ElementsAre(name));
  }
}

TEST_F(ReflectionTest, TellsAFileAsItWasWritten) {
  FileDescriptorProto written;
  inference::ModelInferRequest::descriptor()->file()->CopyTo(&written);
  const auto told = FilesIn(OfFile("proto/inference.proto"));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].SerializeAsString(), written.SerializeAsString());
}

TEST_F(ReflectionTest, KnowsTheFileOfEverySymbol) {
  struct Place {
    const char* symbol;
    const char* file;
  };
  for (const auto& [symbol, file] :
       {Place{"inference.GRPCInferenceService", "proto/inference.proto"},
        Place{"inference.GRPCInferenceService.ModelInfer", "proto/inference.proto"},
        Place{"inference.ModelInferRequest", "proto/inference.proto"},
        Place{"inference.ModelInferRequest.InferInputTensor", "proto/inference.proto"},
        Place{"inference.ModelInferRequest.inputs", "proto/inference.proto"},
        Place{"inference.TYPE_FP32", "proto/inference.proto"},
        Place{"grpc.health.v1.HealthCheckResponse.ServingStatus", "proto/health.proto"},
        Place{"grpc.reflection.v1.ServerReflection", "proto/reflection.proto"},
        Place{"grpc.reflection.v1alpha.ExtensionRequest", "proto/reflection_v1alpha.proto"}}) {
    EXPECT_THAT(FileNamesIn(OfSymbol(symbol)), ElementsAre(file)) << symbol;
  }
}

TEST_F(ReflectionTest, TellsVersion1AlphaWithTheMessagesOfVersion1) {
  const auto files = FilesIn(OfFile("proto/reflection_v1alpha.proto"));
  ASSERT_EQ(files.size(), 1u);
  EXPECT_THAT(files[0].ShortDebugString(), ::testing::Not(HasSubstr("reflection.v1.")));
  DescriptorPool pool;
  ASSERT_NE(pool.BuildFile(files[0]), nullptr);
  const auto* const request =
      pool.FindMessageTypeByName("grpc.reflection.v1alpha.ServerReflectionRequest");
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->FindFieldByName("list_services")->number(), 7);
}

TEST_F(ReflectionTest, KnowsNoExtensionsOfMessagesThatHaveNone) {
  const Response response = OfExtensions("inference.ModelInferRequest");
  ASSERT_TRUE(response.has_all_extension_numbers_response()) << response.ShortDebugString();
  EXPECT_EQ(response.all_extension_numbers_response().base_type_name(),
            "inference.ModelInferRequest");
  EXPECT_THAT(response.all_extension_numbers_response().extension_number(), IsEmpty());
}

void ExpectUnknown(const Response& response, const std::string& what) {
  EXPECT_EQ(response.error_response().error_code(), kNotFound) << what;
  EXPECT_EQ(response.error_response().error_message(), "unknown " + what);
}

TEST_F(ReflectionTest, SaysWhatItDoesNotKnow) {
  for (const std::string name :
       {"", "nobody", ".inference.ModelInferRequest", "inference.", "inference.Nobody",
        "hillock.v1.Mlp", "google.protobuf.FileDescriptorProto", "proto/mlp.proto", "../etc/passwd",
        "proto/inference.proto\n"}) {
    ExpectUnknown(OfFile(name), "file '" + name + "'");
    ExpectUnknown(OfSymbol(name), "symbol '" + name + "'");
    ExpectUnknown(OfExtension(name, 1), "extension 1 of message '" + name + "'");
    ExpectUnknown(OfExtensions(name), "message '" + name + "'");
  }
  ExpectUnknown(OfExtension("inference.ModelInferRequest", -1),
                "extension -1 of message 'inference.ModelInferRequest'");
  ExpectUnknown(OfSymbol(std::string(5000, 'x')), "symbol '" + std::string(128, 'x') + "'");
}

TEST_F(ReflectionTest, AsksForSomething) {
  const Response response = Ask({});
  EXPECT_EQ(response.error_response().error_code(), kInvalidArgument);
  EXPECT_THAT(response.error_response().error_message(), HasSubstr("got a request for nothing"));
}

// Of files that import one another, with extensions.
class ReflectionOfImportsTest : public ReflectionTest {
 protected:
  ReflectionOfImportsTest() {
    FileDescriptorProto base = File("base.proto", {});
    auto& message = *base.add_message_type();
    message.set_name("Base");
    auto& range = *message.add_extension_range();
    range.set_start(100);
    range.set_end(200);
    Add(base);
    Add(File("left.proto", {"base.proto"}));
    Add(File("right.proto", {"base.proto"}));
    FileDescriptorProto top = File("top.proto", {"left.proto", "right.proto"});
    top.add_dependency("base.proto");
    for (const int number : {100, 142}) {
      auto& extension = *top.add_extension();
      extension.set_name("number_" + std::to_string(number));
      extension.set_number(number);
      extension.set_extendee(".test.Base");
      extension.set_type(google::protobuf::FieldDescriptorProto::TYPE_INT32);
      extension.set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
    }
    top.add_service()->set_name("Top");
    Add(top);
    subject_ = std::make_unique<Reflection>(
        std::vector<const google::protobuf::FileDescriptor*>{pool_.FindFileByName("top.proto")});
  }

  const Reflection& Subject() const override { return *subject_; }

 private:
  static FileDescriptorProto File(const std::string& name,
                                  const std::vector<std::string>& imports) {
    FileDescriptorProto file;
    file.set_name(name);
    file.set_package("test");
    for (const std::string& import : imports) file.add_dependency(import);
    return file;
  }
  void Add(const FileDescriptorProto& file) { HILLOCK_CHECK(pool_.BuildFile(file) != nullptr); }

  DescriptorPool pool_;
  std::unique_ptr<Reflection> subject_;
};

TEST_F(ReflectionOfImportsTest, TellsAFileAndWhatItImportsEachOnce) {
  EXPECT_THAT(FileNamesIn(OfFile("top.proto")),
              ElementsAre("top.proto", "left.proto", "base.proto", "right.proto"));
  EXPECT_THAT(FileNamesIn(OfSymbol("test.Top")),
              ElementsAre("top.proto", "left.proto", "base.proto", "right.proto"));
  EXPECT_THAT(FileNamesIn(OfSymbol("test.Base")), ElementsAre("base.proto"));
}

TEST_F(ReflectionOfImportsTest, KnowsExtensions) {
  EXPECT_THAT(OfExtensions("test.Base").all_extension_numbers_response().extension_number(),
              UnorderedElementsAre(100, 142));
  EXPECT_THAT(FileNamesIn(OfExtension("test.Base", 142)),
              ElementsAre("top.proto", "left.proto", "base.proto", "right.proto"));
  ExpectUnknown(OfExtension("test.Base", 101), "extension 101 of message 'test.Base'");
}

}  // namespace
}  // namespace hillock::rpc
