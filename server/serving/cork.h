#ifndef HILLOCK_SERVER_SERVING_CORK_H_
#define HILLOCK_SERVER_SERVING_CORK_H_

#include <vector>

#include "server/serving/block.h"

namespace hillock::serving {

// While it lives, what is written to a TCP socket by which several answers of a block go out waits
// in the kernel (TCP_CORK, tcp(7)), and leaves as one when it is gone: gRPC writes each answer by a
// call of its own, and each would be a segment of its own. Answers that go out alone are not held.
class Cork {
 public:
  // `scratch` is memory to be used again, and must outlive this.
  Cork(const Block& block, std::vector<int>& scratch);
  ~Cork();
  Cork(const Cork&) = delete;
  Cork& operator=(const Cork&) = delete;

 private:
  std::vector<int>& sockets_;
};

}  // namespace hillock::serving

#endif  // HILLOCK_SERVER_SERVING_CORK_H_
