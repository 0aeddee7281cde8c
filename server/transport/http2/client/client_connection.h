// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_CLIENT_CLIENT_CONNECTION_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_CLIENT_CLIENT_CONNECTION_H_

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/core/base/clock.h"
#include "server/transport/http2/client/client_call.h"
#include "server/transport/http2/client/unary_method.h"
#include "server/transport/net/byte_stream.h"
#include "server/transport/net/event_loop.h"

namespace hillock::transport {

// The client's side of one HTTP/2 connection that carries calls of one unary method of gRPC.
//
// Calls that are started together leave in one write. Calls beyond the server's limit on concurrent
// streams wait. A call ends by OnAnswer() or by Cancel(). One that the server did not answer gets
// the status that gRPC defines for that, and UNAVAILABLE when the connection is lost. Deadlines are
// sent to the server; enforcing them is the owner's affair.
//
//     kConnecting --SETTINGS--> kGreeted --OnReady()--> kReady
//                                                         | GOAWAY, or no more stream numbers
//                                                         v
//                                    OnUnusable() <-- kDraining: open calls go on
//                                                         |
//     any state --closed, I/O or HTTP/2 error--> kLost <--+    OnUnusable(), unless called before
//
// kGreeted lasts from nghttp2's callback until nghttp2 has returned, as the owner must not be
// called from within it.
//
// Belongs to one event loop and its thread. Allocates nothing for a call.
class ClientConnection final : private EventLoop::Source {
 public:
  // Called from within the event loop and Flush(). It may start calls, but must not cancel any nor
  // destroy the connection.
  class Owner {
   public:
    // The connection is made, and the server has said how many calls it takes at once.
    virtual void OnReady(ClientConnection& connection) = 0;

    // It takes no more calls: it could not be made, it is lost, or the server will close it
    // (GOAWAY). Called once, before the answers that follow from it. Open calls may go on.
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

  // Ends a call without OnAnswer(). The reset leaves with Flush(). REQUIRES: it was started here,
  // and has not ended.
  void Cancel(ClientCall& call);

  // Writes what has been started and cancelled, as far as the socket takes it; the rest follows by
  // itself. Must be called after OnAnswer() too, as acknowledgements wait for it. REQUIRES: not
  // called from within an Owner's function.
  void Flush();

  bool ready() const { return state_ == State::kReady; }
  bool usable() const { return state_ <= State::kReady; }

  // Calls that have not ended.
  size_t calls() const { return open_.size() + waiting_.size(); }

 private:
  friend struct ClientCallbacks;

  enum class State : uint8_t { kConnecting, kGreeted, kReady, kDraining, kLost };

  void OnEvents(uint32_t events) override;
  void Send();
  void Receive();
  bool ReadOnce();
  void NotifyChanges();
  void NotifyAnswers();

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

  void EndAll(ClientCallList& list, const absl::Status& why);
  void Retire(State state, const absl::Status& why);
  void Lose(std::string_view why);

  EventLoop& loop_;
  const UnaryMethod& method_;
  Owner& owner_;
  const std::unique_ptr<ByteStream> stream_;
  nghttp2_session* session_ = nullptr;
  State state_ = State::kConnecting;
  uint32_t watched_ = 0;  // events

  uint32_t max_streams_ = 0;        // that the server allows
  uint32_t streams_ = 0;            // submitted and not closed, those of cancelled calls included
  ClientCallList waiting_;          // for one of them to close
  ClientCallList open_;             // have a stream
  std::vector<ClientCall*> ended_;  // OnAnswer() is due
  Nanos arrived_ = 0;               // when bytes were last read
  ClientCall* reading_ = nullptr;   // whose headers are being read

  std::string unsent_;
  size_t sent_ = 0;          // of unsent_
  bool paused_ = false;      // unsent_ is full, and there is more to serialize
  std::string write_error_;  // why the server takes no more bytes; what it sent may still be read
  std::string fault_;        // the last error that nghttp2 reported
  std::string farewell_;     // of the server's GOAWAY
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_CLIENT_CLIENT_CONNECTION_H_
