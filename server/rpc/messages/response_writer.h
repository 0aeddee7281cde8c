// SPDX-License-Identifier: Apache-2.0

// Answers to requests, written as the bytes that protobuf would make of the messages.

#ifndef HILLOCK_SERVER_RPC_MESSAGES_RESPONSE_WRITER_H_
#define HILLOCK_SERVER_RPC_MESSAGES_RESPONSE_WRITER_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "server/core/base/status.h"
#include "server/lifecycle/served_model.h"
#include "server/rpc/messages/codec.h"
#include "server/rpc/messages/request_view.h"
#include "server/rpc/messages/scratch_floats.h"
#include "server/rpc/messages/tensor_contents.h"
#include "server/rpc/messages/wire_writer.h"
#include "server/transport/buffer.h"

namespace hillock::rpc {

// Which message an answer is: a ModelInferResponse, or a ModelStreamInferResponse around one, with
// the parameter triton_final_response if the request asks for it.
enum class AnswerKind { kUnary, kStream };

// Writes an answer: the outputs in the model's order, whatever the request's, then the labels. The
// engine writes its floats straight into the message:
//
//     Begin()    everything that is known before: names, shapes, constants, places for the floats
//     (the engine fills the places)
//     End()      everything that depends on the floats: other datatypes, labels, what wraps them
//
// A length comes before what it counts. So from the first output on whose length depends on its
// floats, which are strings and typed integers, everything is written by End(); FP32 outputs before
// it are sent from where the engine writes them, all others are converted or copied.
//
// Reuses small buffers from one answer to the next. Not thread-safe.
class ResponseWriter {
 public:
  // Returns, by output, where its [rows][width] floats go (Job::outputs): a place in `buffer`, from
  // where they are sent; a place of its own when they are converted, or only their labels are
  // wanted; null when neither is, and for constants. The places do not move until End(). `buffer`
  // must be empty and have its headroom; its memory is charged and never refused. `buffer` and
  // `model` must live until End(); `request` need not.
  std::span<char* const> Begin(const RequestView& request, const lifecycle::ServedModel& model,
                               const InferView& view, AnswerKind kind, transport::Buffer& buffer);

  // Completes the message, for which it may move the buffer's bytes and use 6 of its headroom.
  // RESOURCE_EXHAUSTED when the labels do not fit into a message or the memory budget; then the
  // buffer's contents are undefined.
  absl::Status End();

  // Frees what the last answer took, after End() or instead of it.
  void Release() { unsent_.Release(); }

  // Bytes that are charged beside the buffer's.
  size_t allocated() const { return unsent_.allocated(); }

 private:
  size_t RowBytes(size_t output) const {
    return view_.rows * model_->outputs()[output].width * sizeof(float);
  }
  TensorContents ContentsOf(size_t output) const;
  TensorContents ComputedContents(size_t output) const;
  bool IsInPlace(size_t output) const;
  size_t FixedBytesOf(size_t output) const;
  const char* FloatsOf(size_t output) const;

  void Prepare();
  size_t MaxBeforeFloats(const RequestView& request) const;
  void WriteBeforeFloats(WireWriter& out);
  void WriteHead(size_t output, size_t contents_bytes, WireWriter& out) const;
  void WriteLabelHead(size_t output, size_t contents_bytes, WireWriter& out) const;
  void BeginContents(size_t output, size_t bytes, WireWriter& out) const;
  void PlaceContents(size_t output, WireWriter& out);
  void PlaceUnsent();

  void Convert();
  absl::Status AddRest();
  size_t ChooseLabels(size_t output);
  size_t ChooseClasses(size_t output);
  void WriteRest(WireWriter& out) const;
  void WriteLabels(WireWriter& out) const;
  void WriteClasses(std::span<const std::string* const> classes, WireWriter& out) const;
  void WriteYesOrNo(size_t output, WireWriter& out) const;
  void Wrap();

  const lifecycle::ServedModel* model_ = nullptr;
  transport::Buffer* buffer_ = nullptr;
  AnswerKind kind_ = AnswerKind::kUnary;
  InferView view_;
  size_t rest_ = 0;                         // the first output whose contents End() adds
  std::vector<char*> places_;               // by output, of its floats
  std::vector<size_t> offsets_;             // by output before rest_, of its contents in the buffer
  ScratchFloats unsent_;                    // that are not sent as they are
  std::vector<float> row_;                  // one row of an output, aligned
  std::vector<const std::string*> chosen_;  // the class of each row, one output after another
  std::vector<size_t> rest_bytes_;          // by output from rest_ on, of its contents
  std::vector<size_t> label_bytes_;         // by output, of its labels as they are written
};

// Writes into `buffer`, which must be empty, what a stream answers to a request that failed: a
// ModelStreamInferResponse with "CODE: message", the request's id and, when it wants one, the
// parameter triton_final_response.
void WriteStreamError(const RequestView& request, const absl::Status& status,
                      transport::Buffer& buffer);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_RESPONSE_WRITER_H_
