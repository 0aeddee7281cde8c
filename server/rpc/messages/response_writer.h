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
#include "server/rpc/messages/wire_writer.h"
#include "server/transport/buffer.h"

namespace hillock::rpc {

// Which message an answer is: a ModelInferResponse, or a ModelStreamInferResponse around one, with
// the parameter triton_final_response if the request asks for it.
enum class AnswerKind { kUnary, kStream };

// Writes an answer: the floats of the outputs in the model's order, whatever the request's, then
// the labels. The engine writes its floats straight into the message:
//
//     Begin()    everything that is known before: names, shapes, places for the floats
//     (the engine fills the places)
//     End()      everything that depends on the floats: labels, and what wraps them
//
// Reuses small buffers from one answer to the next. Not thread-safe.
class ResponseWriter {
 public:
  // Returns, by output, where its [rows][width] floats go (Job::outputs): a place in `buffer`, from
  // where they are sent; a place of its own when only their labels are wanted; null when neither
  // is. The places do not move until End(). `buffer` must be empty and have its headroom; its
  // memory is charged and never refused. `buffer` and `model` must live until End(); `request` need
  // not.
  std::span<char* const> Begin(const RequestView& request, const lifecycle::ServedModel& model,
                               const InferView& view, AnswerKind kind, transport::Buffer& buffer);

  // Completes the message, for which it may move the buffer's bytes and use 6 of its headroom.
  // RESOURCE_EXHAUSTED when the labels do not fit into a message or the memory budget; then the
  // buffer's contents are undefined.
  absl::Status End();

 private:
  size_t BytesOf(size_t output) const {
    return view_.rows * model_->outputs()[output].width * sizeof(float);
  }
  const char* ValuesOf(size_t output) const;
  size_t MaxBeforeLabels(const RequestView& request) const;
  void WriteBeforeLabels(WireWriter& out);
  void WriteValueTensor(size_t output, WireWriter& out);
  void WriteLabelTensor(size_t output, size_t contents_bytes, WireWriter& out) const;
  void Place(size_t output, WireWriter& out);
  void PlaceUnsent();

  absl::Status AddLabels();
  size_t ChooseLabels(size_t output);
  size_t ChooseClasses(size_t output);
  void WriteLabels(WireWriter& out) const;
  void WriteClasses(std::span<const std::string* const> classes, WireWriter& out) const;
  void WriteYesOrNo(size_t output, WireWriter& out) const;
  void Wrap();

  const lifecycle::ServedModel* model_ = nullptr;
  transport::Buffer* buffer_ = nullptr;
  AnswerKind kind_ = AnswerKind::kUnary;
  InferView view_;
  std::vector<char*> places_;               // by output, of its floats
  std::vector<size_t> offsets_;             // by output, of the places that are in the buffer
  std::vector<float> unsent_;               // floats of which only the labels are wanted
  std::vector<float> row_;                  // one row of an output, aligned
  std::vector<const std::string*> chosen_;  // the class of each row, one output after another
  std::vector<size_t> label_bytes_;         // by output, of its labels as they are written
};

// Writes into `buffer`, which must be empty, what a stream answers to a request that failed: a
// ModelStreamInferResponse with "CODE: message", the request's id and, when it wants one, the
// parameter triton_final_response.
void WriteStreamError(const RequestView& request, const absl::Status& status,
                      transport::Buffer& buffer);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_RESPONSE_WRITER_H_
