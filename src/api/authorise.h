// api/authorise.h: what a Subscribe may read: every cursor judged, with the linearizable head it is
// granted at.
#pragma once

#include <memory>

#include "api/admission.h"
#include "core/channels.h"
#include "hub/hub.h"
#include "yap/v1/message_service.pb.h"

namespace yap::api {

// Thread-safe.
class SubscribeAuthority {
 public:
  virtual ~SubscribeAuthority() = default;
  // What the hub is to be asked for. `deadline` bounds the look-ups, not the stream. REQUIRES: the
  // request has at most kCursorsMax cursors.
  virtual asio::awaitable<Answer<hub::SubscribeOptions>> Authorise(
      Caller caller, yap::v1::SubscribeRequest request, Deadline deadline) = 0;
};

// Cursors a client may name in one Subscribe; more channels come with follow_joined.
inline constexpr int kCursorsMax = 100;

// By the channels of this process, which outlive it.
std::unique_ptr<SubscribeAuthority> NewLocalAuthority(core::Channels& channels);

}  // namespace yap::api
