#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_STREAM_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_STREAM_H_

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"
#include "server/transport/grpc/call.h"
#include "server/transport/grpc/compression.h"
#include "server/transport/grpc/grpc_protocol.h"

namespace hillock::transport {

class Connection;

// One HTTP/2 stream as a gRPC call: it puts messages together from what arrives, and cuts what is
// sent into what the peer takes. Its connection tells it what nghttp2 tells; its handler is told
// the rest. Used again and again for one stream after another.
//
// Receiving: headers -> messages -> half-close, each in its turn, and a message that is larger than
// it may be, or is none, ends the call. While the handler has paused, or a message is being
// decompressed, bytes are kept as they came (`unparsed_`), and the peer's window is not refilled.
//
// Sending: nothing -> headers, with the first message -> trailers, after the last. A call that ends
// without a message has its status in its only headers. When its status has left and the client is
// still sending, the stream is reset with NO_ERROR (RFC 9113, section 8.1).
class Stream final : public Call {
 public:
  Stream() = default;

  // Begins a new life.
  void Open(Connection& connection, int32_t id);

  // What the connection tells, in HTTP/2's order. False for so many headers and trailers that it is
  // not worth while to tell of more.
  bool AddHeader(std::string_view name, std::string_view value, bool trailing);
  void EndHeaders();
  void AddData(std::string_view bytes);
  void EndData();
  void StatusSent();

  // The stream is no more; nothing may be called before Open().
  void Close();

  // The connection drains. Tells the handler once.
  void Drain();

  // Ends a call whose deadline has passed: with DEADLINE_EXCEEDED while its client is still
  // sending, or by resetting a stream whose answer nobody takes.
  void CheckDeadline(Nanos now);

  // Goes on decompressing, for about `bytes` bytes. True when there is more to do.
  bool Inflate(size_t bytes);
  bool inflating() const { return inflater_ != nullptr; }

  // nghttp2's data source: how much of `length` bytes goes into the next frame, and that frame.
  ssize_t Provide(size_t length, uint32_t& flags);
  void WriteFrame(std::string_view frame_header, size_t length, Buffer& out);

  // Some bytes have left since the handler was last told.
  void TellSent();

  int32_t id() const { return id_; }
  size_t index = 0;  // among its connection's streams

  EventLoop& loop() override;
  std::string_view path() const override { return path_; }
  Nanos deadline() const override { return deadline_; }
  std::string_view metadata(std::string_view name) const override;
  Metadata AllMetadata() const override;
  bool message_was_compressed() const override { return prefix_[0] == 1; }
  Buffer NewBuffer() override;
  void AddInitialMetadata(std::string name, std::string value) override;
  void Send(Buffer message, bool compress) override;
  void Finish(const absl::Status& status, Metadata trailers) override;
  void SetPaused(bool paused) override;
  size_t unsent_bytes() const override { return unsent_; }

 private:
  struct Header {
    std::string_view name;
    std::string_view value;
  };
  struct Field {  // within header_bytes_
    size_t begin;
    size_t name;
    size_t value;
  };
  enum class Sending { kNothing, kHeaders, kTrailers };

  void KeepHeader(std::string_view name, std::string_view value);
  bool TakesMessages() const { return !paused_ && !inflater_ && !ended_; }
  Header HeaderAt(const Field& field) const;
  absl::Status CheckHeaders() const;
  size_t Parse(std::string_view bytes);
  void ParseKept();
  void DropParsed();
  void Keep(std::string_view bytes);
  bool BeginMessage();
  bool MakeRoom(size_t bytes);
  void EndMessage();
  void Deliver(Buffer message);
  void Consume(size_t bytes);
  void TellHalfClose();
  void Break(const absl::Status& status);
  void Reject(const char* http_status);
  void SubmitHeaders();
  void SubmitOnlyHeaders();
  void SubmitTrailers();

  Connection* connection_ = nullptr;
  Handler* handler_ = nullptr;
  int32_t id_ = 0;

  // What the request's headers say.
  std::string path_;
  std::string header_bytes_;
  std::vector<Field> fields_;
  size_t header_size_ = 0;  // as HTTP/2 counts them
  bool post_ = false;
  bool grpc_ = false;
  bool accepts_gzip_ = false;
  bool bad_timeout_ = false;
  std::optional<Encoding> encoding_;  // none: one that is not known
  Nanos deadline_ = kNoDeadline;

  // The message that is arriving.
  std::array<char, kPrefixBytes> prefix_;
  size_t prefix_size_ = 0;
  size_t message_size_ = 0;  // by its prefix
  Buffer message_;
  std::unique_ptr<Inflater> inflater_;
  Buffer unparsed_;
  size_t unparsed_at_ = 0;
  size_t unconsumed_ = 0;  // parsed, and not yet given back to the stream's window
  bool parsing_ = false;
  bool paused_ = false;
  bool data_ended_ = false;
  bool half_close_told_ = false;
  bool drain_told_ = false;

  // What is sent.
  Sending sending_ = Sending::kNothing;
  Metadata initial_metadata_;
  bool sends_gzip_ = false;
  std::vector<Buffer> out_;
  size_t out_first_ = 0;  // the message that leaves next, and how much of it has left
  size_t out_at_ = 0;
  size_t unsent_ = 0;
  bool deferred_ = false;  // nghttp2 waits to be told of more
  bool ended_ = false;     // Finish() has been called, or nothing is left to say
  bool status_sent_ = false;
  bool sent_noted_ = false;
  uint8_t status_code_ = 0;
  std::string status_message_;
  Metadata trailers_;
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_STREAM_H_
