// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/client/client_call.h"

namespace hillock::transport {

void ClientCallList::Append(ClientCall& call) {
  call.previous_ = last_;
  call.next_ = nullptr;
  (last_ == nullptr ? first_ : last_->next_) = &call;
  last_ = &call;
  ++size_;
}

void ClientCallList::Remove(ClientCall& call) {
  (call.previous_ == nullptr ? first_ : call.previous_->next_) = call.next_;
  (call.next_ == nullptr ? last_ : call.next_->previous_) = call.previous_;
  --size_;
}

}  // namespace hillock::transport
