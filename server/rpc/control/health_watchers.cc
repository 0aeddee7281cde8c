// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/health_watchers.h"

#include <optional>
#include <string>
#include <utility>

#include "server/rpc/control/calls/message.h"
#include "server/rpc/control/calls/single_request_handler.h"

namespace hillock::rpc {
namespace {

// Longer than the name of any model or of its folder. A longer name is unknown by its beginning,
// too.
constexpr size_t kMaxServiceBytes = 256;

}  // namespace

class HealthWatchers::Watch final : public SingleRequestHandler {
 public:
  Watch(transport::Call& call, HealthWatchers& owner) : SingleRequestHandler(call), owner_(owner) {}

  void Update(const HealthService::Moment& now) {
    newest_ = now.StatusOf(service_);
    SendWhenRead();
  }

  void OnSent() override { SendWhenRead(); }

  void OnDrain() override {
    if (call() == nullptr) return;
    if (place_) {
      newest_ = owner_.health_.Now().StatusOf(service_);
      SendNewest();
    }
    Finish(absl::OkStatus());
  }

 private:
  void OnRequest(std::string request) override {
    grpc::health::v1::HealthCheckRequest parsed;
    if (const auto status = ParseControlRequest(request, parsed); !status.ok()) {
      return Finish(status);
    }
    service_ = parsed.service().substr(0, kMaxServiceBytes);
    place_ = owner_.watches_.insert(owner_.watches_.end(), this);
    Update(owner_.health_.Now());
  }

  void OnOver() override {
    if (place_) owner_.watches_.erase(*place_);
    delete this;
  }

  // While an answer is on its way newer ones replace each other in newest_, and OnSent() sends the
  // last.
  void SendWhenRead() {
    if (call() != nullptr && call()->unsent_bytes() == 0) SendNewest();
  }

  void SendNewest() {
    if (newest_ == sent_) return;
    sent_ = newest_;
    grpc::health::v1::HealthCheckResponse response;
    response.set_status(*newest_);
    SendMessage(response, *call());
  }

  HealthWatchers& owner_;
  std::string service_;
  std::optional<ServingStatus> newest_;
  std::optional<ServingStatus> sent_;
  std::optional<std::list<Watch*>::iterator> place_;  // once it has asked for a service
};

transport::Handler* HealthWatchers::Open(transport::Call& call) { return new Watch(call, *this); }

void HealthWatchers::Update() {
  // Read first: a change after this is sent by the next call.
  const HealthService::Version version = health_.version();
  if (std::exchange(told_, version) == version) return;
  const HealthService::Moment now = health_.Now();
  for (Watch* watch : watches_) watch->Update(now);
}

}  // namespace hillock::rpc
