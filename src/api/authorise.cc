#include "api/authorise.h"

#include <set>

#include "api/convert.h"
#include "api/errors.h"
#include "core/limits.h"
#include "core/reasons.h"

namespace yap::api {
namespace {

using yap::v1::SubscribeRequest;

hub::StartCursor FromHead(const core::ReadGrant& grant) {
  return {grant.channel, grant.head, grant.head.seq, grant.head.epoch};
}

class SubscribeCall {
 public:
  SubscribeCall(core::Channels& channels, Caller caller)
      : channels_(channels), caller_(std::move(caller)), deadline_(caller_.deadline) {}

  Task<hub::SubscribeOptions> Authorise(SubscribeRequest request, Deadline deadline) {
    deadline_ = deadline;
    options_.user = caller_.who.user;
    options_.session = caller_.who.session;
    // The inbox's head is read before the joined channels are listed: a channel that is joined in
    // between is in the list or in an inbox event after that head, never in neither.
    if (request.follow_joined()) YAP_CO_TRY_VOID(co_await FollowInbox());
    for (const auto& cursor : request.cursors()) YAP_CO_TRY_VOID(co_await AddCursor(cursor));
    if (request.follow_joined()) YAP_CO_TRY_VOID(co_await AddJoined());
    co_return std::move(options_);
  }

 private:
  Task<void> FollowInbox() {
    YAP_CO_TRY(const auto inbox, co_await channels_.AuthorizeInbox(caller_.who, deadline_));
    options_.follow_inbox = FromHead(inbox);
    co_return Result<>();
  }

  Task<void> AddCursor(const yap::v1::Cursor& cursor) {
    YAP_CO_TRY(const auto ref, FromProto(cursor.channel()));
    auto authorised = co_await channels_.AuthorizeRead(caller_.who, ref, deadline_);
    if (!authorised && MayBeSkipped(ref, authorised.error())) co_return Result<>();
    YAP_CO_TRY(const auto grant, std::move(authorised));
    hub::StartCursor start = FromHead(grant);
    if (cursor.has_after_seq()) start.after = core::Seq(cursor.after_seq());
    if (cursor.epoch() != 0) start.epoch = core::Epoch(cursor.epoch());
    if (options_.follow_inbox && start.channel == options_.follow_inbox->channel) {
      options_.follow_inbox = start;  // The client kept its place in the inbox.
      co_return Result<>();
    }
    if (seen_.insert(start.channel).second) {
      options_.cursors.push_back(start);
      co_return Result<>();
    }
    co_return Fail(MakeError(Errc::kInvalidArgument, core::reason::kCursorInvalid,
                             "a channel is named twice; give each channel one cursor")
                       .InField("cursors"));
  }

  // A follower that was removed while it was away learns that from its inbox; its cursor is no
  // error.
  bool MayBeSkipped(const core::ChannelRef& ref, const Error& error) const {
    return options_.follow_inbox && std::holds_alternative<core::ChannelId>(ref) &&
           (error.code == Errc::kNotFound || error.code == Errc::kPermissionDenied);
  }

  Task<void> AddJoined() {
    core::PageRequest page{.size = core::kPageSizeMax, .token = {}};
    do {
      YAP_CO_TRY(auto joined, co_await channels_.ListJoined(caller_.who, page, deadline_));
      for (const auto& item : joined.items) {
        const auto& channel = item.joined.channel;
        if (!seen_.insert(channel.id).second) continue;
        options_.cursors.push_back(
            {channel.id, channel.head, channel.head.seq, channel.head.epoch});
      }
      page.token = std::move(joined.next_page_token);
    } while (!page.token.empty());
    co_return Result<>();
  }

  core::Channels& channels_;
  const Caller caller_;
  Deadline deadline_;
  std::set<core::ChannelId> seen_;
  hub::SubscribeOptions options_;
};

class LocalAuthority final : public SubscribeAuthority {
 public:
  explicit LocalAuthority(core::Channels& channels) : channels_(channels) {}

  asio::awaitable<Answer<hub::SubscribeOptions>> Authorise(Caller caller, SubscribeRequest request,
                                                           Deadline deadline) override {
    SubscribeCall subscribe(channels_, std::move(caller));
    auto options = co_await subscribe.Authorise(std::move(request), deadline);
    if (!options) co_return std::unexpected(ToStatus(options.error()));
    co_return *std::move(options);
  }

 private:
  core::Channels& channels_;
};

}  // namespace

std::unique_ptr<SubscribeAuthority> NewLocalAuthority(core::Channels& channels) {
  return std::make_unique<LocalAuthority>(channels);
}

}  // namespace yap::api
