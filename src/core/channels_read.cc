// Looking at channels, members and lists of them.
#include <fmt/format.h>

#include <charconv>

#include "core/channels_impl.h"
#include "core/page_token.h"
#include "core/reasons.h"

namespace yap::core {
namespace {

constexpr char kPublicList = 'p';
constexpr char kJoinedList = 'j';
constexpr char kMemberList = 'm';

// One row more than asked for was read: if it is there, there is a next page, after the last row
// of this one.
template <class T, class AfterOf>
Page<T> PageOf(std::vector<T> rows, std::size_t size, AfterOf token_after) {
  Page<T> page{std::move(rows), ""};
  if (page.items.size() <= size) return page;
  page.items.resize(size);
  page.next_page_token = token_after(page.items.back());
  return page;
}

Result<ChannelId> IdOfToken(const std::string& text) {
  if (text.empty()) return ChannelId();
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error == std::errc() && end == text.data() + text.size()) return ChannelId(id);
  return Fail(MakeError(Errc::kInvalidArgument, reason::kPageTokenInvalid,
                        "the page token is not one of this list; start again without one")
                  .InField("page_token"));
}

}  // namespace

Task<ChannelRecord> ChannelsImpl::Get(Principal who, ChannelRef ref, Deadline deadline) {
  co_return co_await FindVisible(who.user, std::move(ref), deadline);
}

Task<JoinedView> ChannelsImpl::GetJoined(Principal who, ChannelRef ref, Deadline deadline) {
  YAP_CO_TRY(const auto channel, co_await Find(ref, deadline));
  auto joined = co_await JoinedOf(who.user, channel.id, deadline);
  if (!joined) co_return Fail(Named(std::move(joined).error(), ref));
  co_return joined;
}

Task<MemberRecord> ChannelsImpl::GetMember(Principal who, ChannelRef ref, UserRef user,
                                           Deadline deadline) {
  YAP_CO_TRY(const auto channel, co_await FindReadable(who.user, std::move(ref), deadline));
  YAP_CO_TRY(const auto found, co_await FindUser(std::move(user), deadline));
  YAP_CO_TRY(auto member, co_await ports_.channels.GetMember(channel.id, found.id, deadline));
  member.username = found.name;
  co_return member;
}

Task<Page<ChannelRecord>> ChannelsImpl::ListPublic(std::string prefix, PageRequest page,
                                                   Deadline deadline) {
  YAP_CO_TRY(auto after, ReadPageToken(kPublicList, prefix, page.token));
  const std::size_t size = PageSizeOf(page.size);
  YAP_CO_TRY(auto rows,
             co_await ports_.channels.ListPublic(prefix, std::move(after), size + 1, deadline));
  co_return PageOf(std::move(rows), size, [&](const ChannelRecord& last) {
    return MakePageToken(kPublicList, prefix, last.name);
  });
}

Task<Page<JoinedView>> ChannelsImpl::ListJoined(Principal who, PageRequest page,
                                                Deadline deadline) {
  YAP_CO_TRY(const auto text, ReadPageToken(kJoinedList, "", page.token));
  YAP_CO_TRY(const ChannelId after, IdOfToken(text));
  const std::size_t size = PageSizeOf(page.size);
  YAP_CO_TRY(auto rows, co_await ports_.channels.ListJoined(who.user, after, size + 1, deadline));
  std::vector<JoinedView> views;
  views.reserve(rows.size());
  for (auto& row : rows) views.push_back(ViewOf(who.user, std::move(row)));
  co_return PageOf(std::move(views), size, [](const JoinedView& last) {
    return MakePageToken(kJoinedList, "", fmt::format("{}", last.joined.channel.id.value));
  });
}

Task<Page<MemberRecord>> ChannelsImpl::ListMembers(Principal who, ChannelRef ref, PageRequest page,
                                                   Deadline deadline) {
  YAP_CO_TRY(const auto channel, co_await FindReadable(who.user, std::move(ref), deadline));
  const auto scope = fmt::format("{}", channel.id.value);
  YAP_CO_TRY(auto after, ReadPageToken(kMemberList, scope, page.token));
  const std::size_t size = PageSizeOf(page.size);
  YAP_CO_TRY(auto rows, co_await ports_.channels.ListMembers(channel.id, std::move(after), size + 1,
                                                             deadline));
  co_return PageOf(std::move(rows), size, [&](const MemberRecord& last) {
    return MakePageToken(kMemberList, scope, last.username);
  });
}

// A position that was taken and is not written yet counts: what MarkRead answered holds.
JoinedView ChannelsImpl::ViewOf(UserId user, JoinedRecord joined) const {
  const auto mark = marks_->Newest(user, joined.channel.id);
  if (mark && mark->seq > joined.read_seq) {
    joined.read_seq = mark->seq;
    joined.read_countable = mark->countable;
  }
  const auto unread = UnreadOf(joined.channel.head, joined.read_countable);
  return {std::move(joined), unread};
}

Task<JoinedView> ChannelsImpl::JoinedOf(UserId user, ChannelId channel, Deadline deadline) {
  const ChannelId before(channel.value - 1);
  YAP_CO_TRY(auto rows, co_await ports_.channels.ListJoined(user, before, 1, deadline));
  if (rows.empty() || rows.front().channel.id != channel) {
    co_return Fail(ChannelNotFound().With("channel", fmt::format("{}", channel.value)));
  }
  co_return ViewOf(user, std::move(rows.front()));
}

}  // namespace yap::core
