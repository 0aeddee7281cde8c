// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_STREAM_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_STREAM_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/core/base/status.h"
#include "server/transport/grpc/backlog.h"
#include "server/transport/grpc/call.h"
#include "server/transport/grpc/message_reader.h"
#include "server/transport/grpc/request_headers.h"
#include "server/transport/http2/response_headers.h"
#include "server/transport/http2/send_queue.h"

namespace hillock::transport {

class Connection;

// One HTTP/2 stream as a gRPC call. Its connection passes on what nghttp2 reports; its handler gets
// messages and sends answers. Used for one stream after another. Three things go on at once:
//
// The client's half of the stream (Input):
//
//     kOpen --END_STREAM--> kEnded --all messages delivered--> kDelivered, OnHalfClose()
//
// Reading messages (Reading). While the handler has paused, or a message is being decompressed,
// bytes go to a backlog and the peer's window is not refilled, so the client has to wait:
//
//     kIdle --bytes--> kParsing --none left, or paused--> kIdle
//                          |                                ^
//                          | a large compressed message     | its end is reached
//                          +--------> kInflating -----------+
//
// kParsing also stops SetPaused(), which the handler may call from OnMessage(), from entering the
// parser a second time.
//
// The answer (Output). A call has ended, for its handler, from kEnding on:
//
//     kNothing --Send()--> kSending <--Send()/all has left--> kStarved
//         |                    |                                 |
//         | Finish()           +-----------Finish()--------------+
//         |                    v
//         |                 kEnding
//         |                    | the last bytes are in a frame
//         v                    v
//         +-----------> kStatusQueued --written--> kStatusSent
//
// and from each of them the stream may be closed. An answer without messages has its status in its
// only headers. When the status has left and the client is still sending, the stream is reset with
// NO_ERROR (RFC 9113, section 8.1).
//
// Belongs to its connection's thread.
class Stream final : public Call {
 public:
  Stream() = default;

  // Begins a new call.
  void Open(Connection& connection, int32_t id);

  // What arrives, in HTTP/2's order. AddHeader() returns false when the headers are so large that
  // the stream is to be reset.
  bool AddHeader(std::string_view name, std::string_view value, bool trailing);
  void EndHeaders();
  void AddData(std::string_view bytes);
  void EndData();

  // The frame with the status has been serialized.
  void StatusSent();

  // The stream is over. Only Open() may follow.
  void Close();

  // The connection drains. Passed to the handler once.
  void Drain();

  // Ends a call whose deadline has passed: with DEADLINE_EXCEEDED while its client is still
  // sending, or by resetting a stream whose answer is not being read.
  void CheckDeadline(Nanos now);

  // Goes on decompressing, for about `bytes` bytes. REQUIRES: the endpoint lists it as inflating.
  void Inflate(size_t bytes);

  // nghttp2's data source: how much of `length` bytes goes into the next frame, and that frame.
  ssize_t Provide(size_t length, uint32_t& flags);
  void WriteFrame(std::string_view frame_header, size_t length, Buffer& out);

  // Passes on that bytes have left since the last call.
  void NotifySent();

  int32_t id() const { return id_; }
  size_t index = 0;  // among its connection's streams

  EventLoop& loop() override;
  Peer& peer() override;
  std::string_view path() const override { return headers_.path(); }
  Nanos deadline() const override { return deadline_; }
  std::string_view metadata(std::string_view name) const override {
    return headers_.metadata(name);
  }
  Metadata AllMetadata() const override { return headers_.AllMetadata(); }
  bool message_was_compressed() const override { return reader_.was_compressed(); }
  Buffer NewBuffer() override;
  void AddInitialMetadata(std::string name, std::string value) override;
  void Send(Buffer message, bool compress) override;
  void Finish(const absl::Status& status, Metadata trailers) override;
  void SetPaused(bool paused) override;
  size_t unsent_bytes() const override { return send_queue_.bytes(); }

 private:
  enum class Input : uint8_t { kOpen, kEnded, kDelivered };
  enum class Reading : uint8_t { kIdle, kParsing, kInflating };
  enum class Output : uint8_t {
    kNothing,
    kSending,
    kStarved,  // nghttp2 waits for nghttp2_session_resume_data()
    kEnding,
    kStatusQueued,
    kStatusSent,
    kClosed,
  };

  bool ended() const { return output_ >= Output::kEnding; }
  bool CanParse() const { return reading_ == Reading::kIdle && !paused_ && !ended(); }
  absl::Status CheckUnread() const;
  size_t Parse(std::string_view bytes);
  void ParseBacklog();
  void AddToBacklog(std::string_view bytes);
  void Deliver();
  void Consume(size_t bytes);
  void NotifyHalfClose();
  void Break(const absl::Status& status);
  void Reject(const char* http_status);
  void StartSending();
  void Resume();
  AnswerStream answer_stream();

  Connection* connection_ = nullptr;
  Handler* handler_ = nullptr;  // null before EndHeaders(), and for a call that was refused there
  int32_t id_ = 0;

  Input input_ = Input::kOpen;
  Reading reading_ = Reading::kIdle;
  Output output_ = Output::kNothing;
  bool paused_ = false;        // by the handler
  bool drain_passed_ = false;  // to the handler
  bool listed_sent_ = false;   // in the connection's list for NotifySent()

  RequestHeaders headers_;
  Nanos deadline_ = kNoDeadline;
  MessageReader reader_;
  Backlog backlog_;
  size_t unconsumed_ = 0;  // parsed, and not yet given back to the stream's window

  Metadata initial_metadata_;
  bool sends_gzip_ = false;
  SendQueue send_queue_;
  FinalStatus status_;
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_STREAM_H_
