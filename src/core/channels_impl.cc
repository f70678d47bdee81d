#include "core/channels_impl.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/reasons.h"
#include "unicode/text_rules.h"

namespace yap::core {
namespace {

std::string TextOf(const ChannelRef& ref) {
  if (const auto* name = std::get_if<std::string>(&ref)) return *name;
  return fmt::format("{}", std::get<ChannelId>(ref).value);
}

// Inboxes and direct channels have names of the server's own, which nobody can ask for.
bool IsPeoplesName(const std::string& name) { return name.find(':') == std::string::npos; }

bool IsFounded(const ChannelRecord& channel) {
  return channel.kind == ChannelKind::kInbox || channel.head.seq != Seq();
}

}  // namespace

ChannelsImpl::ChannelsImpl(ChannelPorts ports, ChannelOptions options)
    : ports_(std::move(ports)),
      options_(std::move(options)),
      pool_(ports_, options_,
            [this](Effect effect, EventPtr cause, Deadline deadline) {
              return inboxes_.Deliver(effect.user, cause->actor, std::move(effect.body), effect.key,
                                      deadline);
            }),
      inboxes_(ports_.users, ports_.channels, ports_.clock,
               [this](ChannelId channel, Command command, Deadline deadline) {
                 return pool_.Write(channel, std::move(command), deadline);
               }),
      marks_(std::make_shared<ReadMarks>(
          ports_.clock, ports_.executors, [this](Actor reader, ReadMoved mark, Deadline deadline) {
            const UserId user = reader.user;
            return inboxes_.Deliver(user, std::move(reader), mark, ClientKey{}, deadline);
          })) {}

Error Named(Error error, const ChannelRef& ref) {
  if (error.reason != reason::kChannelNotFound) return error;
  return ChannelNotFound().With("channel", TextOf(ref));
}

Result<> CheckVisible(const ChannelAccess& access, UserId user, const ChannelRef& ref) {
  const ChannelRecord& channel = access.channel;
  const bool visible =
      IsFounded(channel) &&
      core::CheckVisible(channel.kind, channel.creator, user, access.member.role).has_value();
  if (!visible) return Fail(Named(ChannelNotFound(), ref));
  return {};
}

Result<> CheckReadable(const ChannelAccess& access) {
  const ChannelRecord& channel = access.channel;
  return CheckMember(channel.kind, LabelOf(channel.kind, channel.name, channel.id),
                     access.member.role, access.member.banned);
}

Task<ChannelId> ChannelsImpl::Resolve(ChannelRef ref, Deadline deadline) {
  if (const auto* id = std::get_if<ChannelId>(&ref)) co_return *id;
  const auto& name = std::get<std::string>(ref);
  if (const auto id = names_.Find(name)) co_return *id;
  YAP_CO_TRY(const auto channel, co_await Find(ref, deadline));
  names_.Put(name, channel.id);
  co_return channel.id;
}

Task<ChannelRecord> ChannelsImpl::Find(ChannelRef ref, Deadline deadline) {
  const auto* name = std::get_if<std::string>(&ref);
  if (name != nullptr && !IsPeoplesName(*name)) co_return Fail(Named(ChannelNotFound(), ref));
  auto channel = name != nullptr
                     ? co_await ports_.channels.FindChannel(*name, deadline)
                     : co_await ports_.channels.GetChannel(std::get<ChannelId>(ref), deadline);
  if (!channel) co_return Fail(Named(std::move(channel).error(), ref));
  if (!IsFounded(*channel)) co_return Fail(Named(ChannelNotFound(), ref));
  co_return channel;
}

Task<ChannelAccess> ChannelsImpl::FindAccess(UserId user, ChannelRef ref, Deadline deadline) {
  ChannelAccess access;
  YAP_CO_TRY(access.channel, co_await Find(ref, deadline));
  if (access.channel.kind != ChannelKind::kInbox) {
    YAP_CO_TRY(access.member,
               co_await ports_.channels.GetMember(access.channel.id, user, deadline));
  }
  YAP_CO_TRY_VOID(CheckVisible(access, user, ref));
  co_return access;
}

Task<ChannelRecord> ChannelsImpl::FindVisible(UserId user, ChannelRef ref, Deadline deadline) {
  YAP_CO_TRY(auto access, co_await FindAccess(user, std::move(ref), deadline));
  co_return std::move(access.channel);
}

Task<ChannelRecord> ChannelsImpl::FindReadable(UserId user, ChannelRef ref, Deadline deadline) {
  YAP_CO_TRY(auto access, co_await FindAccess(user, std::move(ref), deadline));
  YAP_CO_TRY_VOID(CheckReadable(access));
  co_return std::move(access.channel);
}

Task<UserRecord> ChannelsImpl::FindUser(UserRef ref, Deadline deadline) {
  const auto* name = std::get_if<std::string>(&ref);
  auto user = name != nullptr ? co_await ports_.users.FindUser(*name, deadline)
                              : co_await ports_.users.GetUser(std::get<UserId>(ref), deadline);
  if (user || user.error().code != Errc::kNotFound) co_return user;
  const auto text = name ? *name : fmt::format("{}", std::get<UserId>(ref).value);
  co_return Fail(
      MakeError(Errc::kNotFound, reason::kUserNotFound, "there is no such user; check the name")
          .With("user", text));
}

Task<bool> ChannelsImpl::MayJoinMore(UserId user, Deadline deadline) {
  YAP_CO_TRY(const auto joined,
             co_await ports_.channels.ListJoined(user, ChannelId(), kJoinedChannelsMax, deadline));
  co_return joined.size() < kJoinedChannelsMax;
}

Task<Written> ChannelsImpl::Write(Principal who, ChannelRef ref, Action action, ClientKey key,
                                  Deadline deadline) {
  Command command{{who.user, who.username}, Authority::kRole, std::move(action), key};
  command.maybe_repeated = !IsNone(key);
  co_return co_await Submit(std::move(ref), std::move(command), deadline);
}

Task<Written> ChannelsImpl::Submit(ChannelRef ref, Command command, Deadline deadline) {
  YAP_CO_TRY(const auto channel, co_await Resolve(ref, deadline));
  auto written = co_await pool_.Write(channel, std::move(command), deadline);
  if (!written) co_return Fail(Named(std::move(written).error(), ref));
  if (written->already) {
    YAP_CO_TRY(const auto event, co_await EventAt(channel, written->seq, deadline));
    if (event) written->time = event->time;
  }
  co_return written;
}

asio::awaitable<void> ChannelsImpl::Drain() {
  co_await marks_->Flush();
  co_await pool_.Drain();
}

std::uint64_t UnreadOf(const Head& head, std::uint64_t read_countable) {
  return head.countable > read_countable ? head.countable - read_countable : 0;
}

std::size_t PageSizeOf(std::size_t asked) {
  return asked == 0 ? kPageSizeDefault : std::min(asked, kPageSizeMax);
}

Result<std::string> CheckTopic(const std::string& topic) {
  auto checked = unicode::CheckLine(
      topic,
      {.bytes_max = kTopicBytesMax, .marks_per_base_max = kTextMarksMax, .empty_allowed = true});
  if (!checked) return Fail(std::move(checked).error().InField("topic"));
  return checked;
}

Result<> CheckVisibility(ChannelKind kind) {
  if (kind == ChannelKind::kPublic || kind == ChannelKind::kPrivate) return {};
  return Fail(MakeError(Errc::kInvalidArgument, reason::kFieldInvalid,
                        "the visibility must be public or private")
                  .InField("visibility"));
}

std::unique_ptr<Channels> NewChannels(ChannelPorts ports, ChannelOptions options) {
  return std::make_unique<ChannelsImpl>(std::move(ports), std::move(options));
}

}  // namespace yap::core
