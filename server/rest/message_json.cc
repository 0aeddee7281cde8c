// SPDX-License-Identifier: Apache-2.0
#include "server/rest/message_json.h"

#include <google/protobuf/descriptor.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace hillock::rest {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using nlohmann::ordered_json;

ordered_json Single(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.GetInt64(message, &field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.GetUInt64(message, &field);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.GetDouble(message, &field);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.GetFloat(message, &field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.GetEnum(message, &field)->name();
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetString(message, &field);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return MessageJson(reflection.GetMessage(message, &field));
  }
  return nullptr;
}

ordered_json Element(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.GetRepeatedInt64(message, &field, index);
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetRepeatedString(message, &field, index);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return MessageJson(reflection.GetRepeatedMessage(message, &field, index));
    default:
      return nullptr;  // the protocol has no such field
  }
}

ordered_json Repeated(const Message& message, const FieldDescriptor& field) {
  ordered_json array = ordered_json::array();
  const int size = message.GetReflection()->FieldSize(message, &field);
  for (int i = 0; i < size; ++i) array.push_back(Element(message, field, i));
  return array;
}

// Entries of a map are messages with a key, which is text here, and a value.
ordered_json Map(const Message& message, const FieldDescriptor& field) {
  ordered_json object = ordered_json::object();
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    const auto& type = *entry.GetDescriptor();
    object[entry.GetReflection()->GetString(entry, type.map_key())] =
        Single(entry, *type.map_value());
  }
  return object;
}

}  // namespace

ordered_json FieldJson(const Message& message, const FieldDescriptor& field) {
  if (field.is_map()) return Map(message, field);
  return field.is_repeated() ? Repeated(message, field) : Single(message, field);
}

ordered_json MessageJson(const Message& message) {
  ordered_json object = ordered_json::object();
  const auto& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const bool can_be_unset = field.has_presence();
    if (can_be_unset && !message.GetReflection()->HasField(message, &field)) continue;
    object[field.name()] = FieldJson(message, field);
  }
  return object;
}

}  // namespace hillock::rest
