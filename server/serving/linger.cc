#include "server/serving/linger.h"

#include <algorithm>

namespace hillock::serving {

void Linger::Waited(Nanos wait) {
  usual_ += (std::min(wait, kMemory * longest_) - usual_) / kMemory;
}

}  // namespace hillock::serving
