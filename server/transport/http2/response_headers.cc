// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/response_headers.h"

#include <fmt/format.h>

#include <deque>
#include <iterator>
#include <utility>
#include <vector>

#include "server/transport/grpc/grpc_protocol.h"
#include "server/transport/http2/fields.h"

namespace hillock::transport {
namespace {

const nghttp2_nv kOkHeaders[] = {MakeStaticField(":status", "200"),
                                 MakeStaticField("content-type", "application/grpc")};
const nghttp2_nv kOkTrailers[] = {MakeStaticField("grpc-status", "0")};

// A list of fields that is not one of the constants above. What is added must outlive this.
class FieldList {
 public:
  void AddHeaders(bool gzip) {
    fields_.assign(std::begin(kOkHeaders), std::end(kOkHeaders));
    if (gzip) fields_.push_back(MakeStaticField("grpc-encoding", "gzip"));
  }

  // Values of "-bin" names are bytes, which travel in base64.
  void Add(const Metadata& metadata) {
    for (const auto& [name, value] : metadata) {
      const bool binary = name.ends_with("-bin");
      fields_.push_back(
          MakeField(name, binary ? encoded_.emplace_back(EncodeBase64(value)) : value));
    }
  }

  void Add(const FinalStatus& status) {
    code_ = fmt::format_int(status.code).str();
    fields_.push_back(MakeField("grpc-status", code_));
    if (!status.message.empty()) {
      fields_.push_back(MakeField("grpc-message", status.message, NGHTTP2_NV_FLAG_NO_INDEX));
    }
    Add(status.trailers);
  }

  const nghttp2_nv* data() const { return fields_.data(); }
  size_t size() const { return fields_.size(); }

 private:
  std::vector<nghttp2_nv> fields_;
  std::deque<std::string> encoded_;  // a deque, as its elements do not move
  std::string code_;
};

}  // namespace

void FinalStatus::Set(const absl::Status& status, Metadata trailing) {
  code = static_cast<uint8_t>(status.raw_code());
  if (!status.ok()) message = PercentEncode(std::string(status.message()));
  trailers = std::move(trailing);
}

void FinalStatus::Clear() {
  code = 0;
  message.clear();
  trailers.clear();
}

// Most answers have no metadata: their lists are constants that nghttp2 need not copy.
void SubmitHeaders(AnswerStream stream, const Metadata& initial, bool gzip,
                   const nghttp2_data_provider& source) {
  if (initial.empty() && !gzip) {
    nghttp2_submit_response(stream.session, stream.id, kOkHeaders, std::size(kOkHeaders), &source);
    return;
  }
  FieldList fields;
  fields.AddHeaders(gzip);
  fields.Add(initial);
  nghttp2_submit_response(stream.session, stream.id, fields.data(), fields.size(), &source);
}

void SubmitTrailers(AnswerStream stream, const FinalStatus& status) {
  if (status.code == 0 && status.trailers.empty()) {
    nghttp2_submit_trailer(stream.session, stream.id, kOkTrailers, std::size(kOkTrailers));
    return;
  }
  FieldList fields;
  fields.Add(status);
  nghttp2_submit_trailer(stream.session, stream.id, fields.data(), fields.size());
}

void SubmitOnlyHeaders(AnswerStream stream, const Metadata& initial, const FinalStatus& status) {
  FieldList fields;
  fields.AddHeaders(false);
  fields.Add(initial);
  fields.Add(status);
  nghttp2_submit_response(stream.session, stream.id, fields.data(), fields.size(), nullptr);
}

void SubmitHttpError(AnswerStream stream, const char* http_status) {
  const nghttp2_nv header = MakeField(":status", http_status);
  nghttp2_submit_response(stream.session, stream.id, &header, 1, nullptr);
}

}  // namespace hillock::transport
