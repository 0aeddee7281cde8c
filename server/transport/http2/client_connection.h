#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_CLIENT_CONNECTION_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_CLIENT_CONNECTION_H_

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/core/base/clock.h"
#include "server/transport/http2/unary_answer.h"
#include "server/transport/net/byte_stream.h"
#include "server/transport/net/event_loop.h"

namespace hillock::transport {

class ClientConnection;

// The unary method that connections of one event loop call, and what they share for it. Outlives
// them. Belongs to the loop's thread.
class UnaryMethod {
 public:
  // `scheme` is http or https, `authority` the host as :authority has it, `path` is
  // "/package.Service/Method".
  UnaryMethod(std::string scheme, std::string authority, std::string path);
  UnaryMethod(const UnaryMethod&) = delete;
  UnaryMethod& operator=(const UnaryMethod&) = delete;

 private:
  friend class ClientConnection;

  static constexpr size_t kReadBytes = size_t{1} << 16;  // most that one read takes

  const std::string scheme_;
  const std::string authority_;
  const std::string path_;
  const std::vector<nghttp2_nv> headers_;  // of every request
  const std::unique_ptr<char[]> read_buffer_;
};

// One unary call, used again and again. Its owner keeps it and its message until it has ended.
class ClientCall {
 public:
  enum class Fate : uint8_t {
    kTaken,    // the server may have worked on it
    kRefused,  // it was sent, and the server says that it did not look at it
    kUnsent,   // it never left
  };

  const UnaryAnswer& answer() const { return answer_; }

  // Whether it may be sent again although calls must not be repeated.
  Fate fate() const { return fate_; }

  // Where it was started.
  ClientConnection* connection() const { return connection_; }

 private:
  friend class ClientConnection;

  std::string_view message_;
  Nanos deadline_ = kNoDeadline;
  ClientConnection* connection_ = nullptr;
  ClientCall* previous_ = nullptr;  // of those that are open, or that wait, as next_
  ClientCall* next_ = nullptr;
  int32_t stream_ = 0;  // 0: it has none
  Fate fate_ = Fate::kUnsent;
  size_t sent_ = 0;  // bytes of the message
  UnaryAnswer answer_;
};

// The client's side of one HTTP/2 connection that carries calls of one unary method of gRPC.
//
// Calls that are started together leave in one write. The server's limit on concurrent streams is
// kept: calls beyond it wait. A call ends by OnAnswer() or by Cancel(). An end without an answer of
// the server is told as gRPC has it; when the connection is lost, UNAVAILABLE. Deadlines are told
// to the server, and their owner's to enforce.
//
// Belongs to one event loop and its thread. Costs no allocation of its own a call.
class ClientConnection final : private EventLoop::Source {
 public:
  // Told from within the event loop and Flush(). Must not destroy the connection meanwhile, nor
  // cancel calls; starting calls is allowed.
  class Owner {
   public:
    // The connection is made, and the server has said how many calls it takes at once.
    virtual void OnReady(ClientConnection& connection) = 0;

    // It takes no more calls: it could not be made, it is lost, or the server will close it
    // (GOAWAY). Told once, before the answers that follow from it. Calls that are open may go on.
    virtual void OnUnusable(ClientConnection& connection, const absl::Status& why) = 0;

    // The call has ended. Its last byte was read at `arrived`.
    virtual void OnAnswer(ClientCall& call, Nanos arrived) = 0;

   protected:
    ~Owner() = default;
  };

  // `stream` may be connecting still. Nothing happens before the first Flush(). All must outlive
  // this.
  ClientConnection(EventLoop& loop, const UnaryMethod& method, Owner& owner,
                   std::unique_ptr<ByteStream> stream);
  ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  // Starts a call whose request is `message`: the whole of a gRPC message, its prefix included,
  // which is not copied. It leaves with Flush(). REQUIRES: the connection is usable, and the call
  // is not in use.
  void Start(ClientCall& call, std::string_view message, Nanos deadline = kNoDeadline);

  // Ends a call without OnAnswer(); the server is told with Flush(). REQUIRES: it was started here,
  // and has not ended.
  void Cancel(ClientCall& call);

  // Writes what has been started and cancelled, as far as the socket takes it; the rest follows by
  // itself. Due also after answers have been told, as acknowledgements wait for it. REQUIRES: not
  // called while the owner is told something by this connection.
  void Flush();

  bool ready() const { return state_ == State::kReady; }
  bool usable() const { return state_ <= State::kReady; }

  // Calls that have not ended.
  size_t calls() const { return open_.size + waiting_.size; }

 private:
  enum class State : uint8_t { kConnecting, kReady, kDraining, kLost };

  // Calls in the order of their start.
  struct CallList {
    void Append(ClientCall& call);
    void Remove(ClientCall& call);

    ClientCall* first = nullptr;
    ClientCall* last = nullptr;
    size_t size = 0;
  };

  struct Callbacks;  // of nghttp2

  void OnEvents(uint32_t events) override;
  void Send();
  void Receive();
  bool ReadOnce();
  void TellWhatChanged();
  void TellAnswers();

  void Submit(ClientCall& call);
  void SubmitWaiting();
  void Serialize();
  bool WriteAll();
  bool Watch();

  // The call of a stream, or null when it has been cancelled.
  ClientCall* CallOf(int32_t stream) const;
  void OnFrame(const nghttp2_frame& frame);
  void OnHalfClosed(ClientCall& call);
  void OnStreamClosed(int32_t stream, uint32_t error);

  void EndAll(CallList& list, const absl::Status& why);
  void Retire(State state, const absl::Status& why);
  void Lose(std::string_view why);

  EventLoop& loop_;
  const UnaryMethod& method_;
  Owner& owner_;
  const std::unique_ptr<ByteStream> stream_;
  nghttp2_session* session_ = nullptr;
  State state_ = State::kConnecting;
  uint32_t watched_ = 0;  // events

  bool greeted_ = false;       // by the server's SETTINGS
  uint32_t most_streams_ = 0;  // that the server takes
  uint32_t streams_ = 0;       // submitted and not closed, those of cancelled calls included
  CallList waiting_;           // for one of them to close
  CallList open_;
  std::vector<ClientCall*> ended_;  // and not told yet
  Nanos arrived_ = 0;
  ClientCall* reading_ = nullptr;  // whose headers are being read

  std::string unsent_;
  size_t sent_ = 0;       // of unsent_
  bool paused_ = false;   // there is more to serialize than unsent_ may hold
  std::string deaf_;      // why the server takes no more bytes; what it sent may still be read
  std::string fault_;     // what nghttp2 found wrong last
  std::string farewell_;  // of the server's GOAWAY
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_CLIENT_CONNECTION_H_
