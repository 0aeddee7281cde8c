// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_REST_MESSAGE_JSON_H_
#define HILLOCK_SERVER_REST_MESSAGE_JSON_H_

#include <google/protobuf/message.h>

#include <nlohmann/json_fwd.hpp>

namespace hillock::rest {

// A message as an object of JSON in Triton's manner: names as in the .proto file, all fields but
// messages that are not set, 64-bit integers as numbers, enumerations by name. (Protobuf's own
// writer makes texts of 64-bit integers.) Bytes fields become text. The same for one field.
nlohmann::ordered_json MessageJson(const google::protobuf::Message& message);
nlohmann::ordered_json FieldJson(const google::protobuf::Message& message,
                                 const google::protobuf::FieldDescriptor& field);

}  // namespace hillock::rest

#endif  // HILLOCK_SERVER_REST_MESSAGE_JSON_H_
