// What is said in channels, and how far it was read.
#include <fmt/format.h>

#include <algorithm>

#include "core/channels_impl.h"
#include "core/event_codec.h"
#include "core/reasons.h"
#include "unicode/text_rules.h"

namespace yap::core {
namespace {

Result<std::string> CheckMessageText(const std::string& text) {
  auto checked = unicode::CheckText(text, {kTextBytesMax, kTextLinesMax, kTextMarksMax});
  if (!checked) return Fail(std::move(checked).error().InField("text"));
  return checked;
}

Error KeyMissing() {
  return MakeError(Errc::kInvalidArgument, reason::kKeyInvalid,
                   "client_msg_id must be 16 bytes and not all zero; draw 16 random bytes for each "
                   "message")
      .InField("client_msg_id");
}

Error BeyondHead(ChannelId channel, Seq seq, Seq head) {
  return MakeError(
             Errc::kInvalidArgument, reason::kCursorInvalid,
             fmt::format("the channel has no event {}; its newest is {}", seq.value, head.value))
      .With("channel", fmt::format("{}", channel.value))
      .With("seq", fmt::format("{}", seq.value))
      .InField("seq");
}

// Of the events of a page, the newest that fit kReadPageBytesMax; at least one.
void KeepNewest(std::vector<EventPtr>& events) {
  std::size_t bytes = 0;
  auto first = events.end();
  while (first != events.begin()) {
    bytes += EncodeBody((*std::prev(first))->body).size();
    if (bytes > kReadPageBytesMax && first != events.end()) break;
    --first;
  }
  events.erase(events.begin(), first);
}

}  // namespace

Task<Written> ChannelsImpl::Send(Principal who, SendRequest request, Deadline deadline) {
  if (IsNone(request.key)) co_return Fail(KeyMissing());
  PostMessage post;
  YAP_CO_TRY(post.text, CheckMessageText(request.text));
  post.reply_to = request.reply_to;
  YAP_CO_TRY(const auto channel, co_await Resolve(request.channel, deadline));
  if (post.reply_to != Seq()) {
    YAP_CO_TRY(const auto target, co_await EventAt(channel, post.reply_to, deadline));
    post.reply_exists = target != nullptr && std::holds_alternative<MessagePosted>(target->body);
  }
  Command command{{who.user, who.username}, Authority::kRole, std::move(post), request.key};
  command.maybe_repeated = request.attempt > 1;
  command.first_attempt_head = request.first_attempt_head;
  co_return co_await Submit(std::move(request.channel), std::move(command), deadline);
}

// Null if there is none.
Task<EventPtr> ChannelsImpl::EventAt(ChannelId channel, Seq seq, Deadline deadline) {
  if (seq == Seq()) co_return EventPtr();
  YAP_CO_TRY(const auto page, co_await ports_.log.Read(channel, Seq(seq.value - 1), 1, deadline));
  if (page.events.empty() || page.events.front()->seq != seq) co_return EventPtr();
  co_return page.events.front();
}

// The head first, then the membership: who is removed between the two is refused, and who is
// removed later is so by an event after the head that was granted.
Task<ReadGrant> ChannelsImpl::AuthorizeRead(Principal who, ChannelRef ref, Deadline deadline) {
  YAP_CO_TRY(const auto id, co_await Resolve(ref, deadline));
  const auto access = co_await ports_.channels.GetAccess(id, who.user, deadline);
  if (!access) co_return Fail(Named(access.error(), ref));
  YAP_CO_TRY_VOID(CheckVisible(*access, who.user, ref));
  YAP_CO_TRY_VOID(CheckReadable(*access));
  co_return ReadGrant{id, access->channel.kind, access->channel.head, access->member.role};
}

Task<ReadGrant> ChannelsImpl::AuthorizeInbox(Principal who, Deadline deadline) {
  YAP_CO_TRY(const auto inbox, co_await inboxes_.IdOf(who.user, deadline));
  YAP_CO_TRY(const auto head, co_await ports_.log.ReadHead(inbox, deadline));
  co_return ReadGrant{inbox, ChannelKind::kInbox, head, Role::kMember};
}

Task<EventPage> ChannelsImpl::List(Principal who, ListRequest request, Deadline deadline) {
  YAP_CO_TRY(const auto channel, co_await FindReadable(who.user, request.channel, deadline));
  request.limit = PageSizeOf(request.limit);
  co_return co_await ReadAt(channel.id, std::move(request), deadline);
}

// Seqs have no holes, so every page is an interval that can be told in advance.
Task<EventPage> ChannelsImpl::ReadAt(ChannelId channel, ListRequest request, Deadline deadline) {
  if (const auto* after = std::get_if<After>(&request.position)) {
    co_return co_await ports_.log.Read(channel, after->seq, request.limit, deadline);
  }
  if (const auto* around = std::get_if<Around>(&request.position)) {
    co_return co_await ReadAround(channel, around->seq, request.limit, deadline);
  }
  const Seq before = std::get<Before>(request.position).seq;
  YAP_CO_TRY(const auto head, co_await ports_.log.ReadHead(channel, deadline));
  const bool newest = before == Seq() || before > head.seq;
  const Seq last = newest ? head.seq : Seq(before.value - 1);
  co_return co_await ReadUpTo(channel, last, request.limit, deadline);
}

// The page that ends with `last`. Where the store cuts a read by its bytes, the rest is read too,
// and the oldest events are left out instead: the page stays next to the one it precedes.
Task<EventPage> ChannelsImpl::ReadUpTo(ChannelId channel, Seq last, std::size_t limit,
                                       Deadline deadline) {
  Seq after(last.value - std::min<std::uint64_t>(last.value, limit));
  EventPage page;
  do {
    const std::size_t rest = std::max<std::uint64_t>(1, last.Since(after));
    YAP_CO_TRY(auto part, co_await ports_.log.Read(channel, after, rest, deadline));
    page.head = part.head;
    page.first_available = part.first_available;
    if (part.events.empty() || last == Seq()) break;
    after = part.events.back()->seq;
    page.events.insert(page.events.end(), part.events.begin(), part.events.end());
  } while (after < last);
  KeepNewest(page.events);
  co_return page;
}

// Half of the page up to `seq`, the rest after it.
Task<EventPage> ChannelsImpl::ReadAround(ChannelId channel, Seq seq, std::size_t limit,
                                         Deadline deadline) {
  YAP_CO_TRY(const auto head, co_await ports_.log.ReadHead(channel, deadline));
  const Seq middle = std::min(seq, head.seq);
  const std::size_t older = std::max<std::size_t>(1, limit / 2);
  YAP_CO_TRY(auto page, co_await ReadUpTo(channel, middle, older, deadline));
  const std::size_t newer = limit - std::min(limit, page.events.size());
  if (newer == 0) co_return page;
  YAP_CO_TRY(const auto rest, co_await ports_.log.Read(channel, middle, newer, deadline));
  page.head = rest.head;
  page.events.insert(page.events.end(), rest.events.begin(), rest.events.end());
  co_return page;
}

Task<std::uint64_t> ChannelsImpl::CountableAt(ChannelId channel, Head head, Seq seq,
                                              Deadline deadline) {
  if (seq == head.seq) co_return head.countable;
  YAP_CO_TRY(const auto event, co_await EventAt(channel, seq, deadline));
  if (event == nullptr) co_return Fail(BeyondHead(channel, seq, head.seq));
  co_return event->countable;
}

Task<ReadPosition> ChannelsImpl::MarkRead(Principal who, ChannelRef ref, Seq seq,
                                          Deadline deadline) {
  YAP_CO_TRY(const auto grant, co_await AuthorizeRead(who, ref, deadline));
  if (grant.kind == ChannelKind::kInbox) {
    co_return Fail(InboxFixed(fmt::format("{}", grant.channel.value)));
  }
  if (seq > grant.head.seq) co_return Fail(BeyondHead(grant.channel, seq, grant.head.seq));
  auto held = co_await JoinedOf(who.user, grant.channel, deadline);
  if (!held && held.error().code == Errc::kNotFound) {
    // Who left since the first look is told why by a second one, and may have joined again since.
    const auto again = co_await AuthorizeRead(who, grant.channel, deadline);
    if (!again) co_return Fail(Named(again.error(), ref));
    held = co_await JoinedOf(who.user, grant.channel, deadline);
  }
  if (!held) co_return Fail(Named(held.error(), ref));
  if (seq <= held->joined.read_seq) co_return ReadPosition{held->joined.read_seq, held->unread};
  YAP_CO_TRY(const auto countable, co_await CountableAt(grant.channel, grant.head, seq, deadline));
  const ReadMoved mark{grant.channel, seq, countable};
  YAP_CO_TRY_VOID(co_await marks_->Move({who.user, who.username}, mark, deadline));
  co_return ReadPosition{seq, UnreadOf(grant.head, countable)};
}

}  // namespace yap::core
