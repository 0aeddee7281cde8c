// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_REST_INFER_REQUEST_READER_H_
#define HILLOCK_SERVER_REST_INFER_REQUEST_READER_H_

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"
#include "server/rest/infer_request.h"

namespace hillock::rest {

// Hears the events of nlohmann's parser and fills in a request, so that no tree of objects is made,
// which would take 16 bytes and more for each number. Where it is in the JSON is a stack:
//
//     kTop {"id", "parameters": kTopParameters {}, "inputs": kInputs [], "outputs": kOutputs []}
//     kInputs [ kInput {"name", "datatype", "shape": kShape [], "data": kData [], "parameters"} ]
//     kData [ numbers, or kData [] ]
//     kOutputs [ kOutput {"name", "parameters"} ]
//     kParameters of an input or output; kIgnored, and all that is in it
//
// An event that returns false ends the parsing; status() says why.
class InferRequestReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  // `request` is filled in, and must outlive this.
  InferRequestReader(InferRequest& request, size_t max_elements)
      : request_(request), elements_left_(max_elements) {}

  const absl::Status& status() const { return status_; }

  bool null() override;
  bool boolean(bool value) override;
  bool number_integer(int64_t value) override;
  bool number_unsigned(uint64_t value) override;
  bool number_float(double value, const std::string& text) override;
  bool string(std::string& value) override;
  bool binary(nlohmann::json::binary_t&) override { return false; }  // JSON has none
  bool start_object(size_t) override;
  bool key(std::string& name) override;
  bool end_object() override { return End(); }
  bool start_array(size_t) override;
  bool end_array() override { return End(); }
  bool parse_error(size_t position, const std::string& last_token,
                   const nlohmann::json::exception& error) override;

 private:
  enum class Place : uint8_t {
    kOutside,
    kTop,
    kTopParameters,
    kInputs,
    kInput,
    kShape,
    kData,
    kOutputs,
    kOutput,
    kParameters,
    kIgnored,
  };

  Place place() const { return stack_.empty() ? Place::kOutside : stack_.back(); }
  bool Enter(Place place);
  bool End();
  bool Check(const absl::Status& status);
  bool Refuse(std::string_view got);
  bool IsIgnored() const;
  bool TakeElement();
  bool TakeDimension(uint64_t value);
  bool TakeNumberParameter(uint64_t value);
  std::string* TextMember();
  std::string_view WantedHere() const;
  std::string Where() const;

  InferRequest& request_;
  size_t elements_left_;
  size_t parameters_ = 0;
  std::vector<Place> stack_;
  std::string key_;               // the last one
  JsonTensor* tensor_ = nullptr;  // the input or output that it is in
  JsonInput* input_ = nullptr;    // the same, if it is one
  absl::Status status_;
};

}  // namespace hillock::rest

#endif  // HILLOCK_SERVER_REST_INFER_REQUEST_READER_H_
