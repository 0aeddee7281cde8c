#ifndef HILLOCK_CLIENT_SEND_BURST_H_
#define HILLOCK_CLIENT_SEND_BURST_H_

#include <cstddef>
#include <vector>

namespace hillock::client {

// Lets requests that follow each other leave together. gRPC writes each by a call of its own, and
// each would be a segment of its own, which costs either side more than the request. So what
// is sent while one answer after the other is taken waits in the kernel, from the second answer on.
// Nothing waits while answers come one by one. Not thread-safe.
class SendBurst {
 public:
  // Lets go after `most` answers; with 1 nothing is ever held.
  explicit SendBurst(size_t most) : most_(most) {}
  ~SendBurst() { End(); }
  SendBurst(const SendBurst&) = delete;
  SendBurst& operator=(const SendBurst&) = delete;

  // The TCP sockets that requests leave by. None at first, and nothing is held.
  void Use(std::vector<int> sockets);

  // Whether an answer that is there already would still be of this burst. When not, and when there
  // is none, End() is due, before anybody waits for an answer.
  bool TakesMore() const { return answers_ > 0 && answers_ < most_ && !sockets_.empty(); }

  // An answer has been taken.
  void Add();

  // Lets go of what has been sent.
  void End();

 private:
  const size_t most_;
  std::vector<int> sockets_;
  size_t answers_ = 0;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_SEND_BURST_H_
