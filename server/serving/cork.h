#ifndef HILLOCK_SERVER_SERVING_CORK_H_
#define HILLOCK_SERVER_SERVING_CORK_H_

namespace hillock::serving {

// While answers that follow each other go out by one TCP socket, what is written to it waits in the
// kernel (TCP_CORK, tcp(7)) and leaves as one: gRPC writes each answer by a call of its own, and
// each would be a segment of its own. An answer alone is not held.
class Cork {
 public:
  Cork() = default;
  ~Cork() { Release(); }
  Cork(const Cork&) = delete;
  Cork& operator=(const Cork&) = delete;

  // The next answer goes out by `socket` and the one behind it by `then`; -1 when nobody knows, or
  // there is none. Lets go of the socket that was held unless it is this one.
  void Next(int socket, int then);

 private:
  void Release();

  int held_ = -1;
};

}  // namespace hillock::serving

#endif  // HILLOCK_SERVER_SERVING_CORK_H_
