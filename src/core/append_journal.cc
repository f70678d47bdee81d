#include "core/append_journal.h"

#include <algorithm>

namespace yap::core {

void AppendJournal::Note(ChannelHead head) {
  state_.With([&](State& s) {
    if (const auto found = s.by_channel.find(head.channel); found != s.by_channel.end()) {
      s.entries.erase(found->second);
    }
    s.entries.push_front({head, ++s.position});
    s.by_channel[head.channel] = s.entries.begin();
    if (s.entries.size() <= channels_max_) return;
    s.forgotten = s.entries.back().position;
    s.by_channel.erase(s.entries.back().head.channel);
    s.entries.pop_back();
  });
}

AppendJournal::Since AppendJournal::After(Token token) const {
  return state_.With([&](const State& s) {
    Since since{.token = {life_, s.position}, .incomplete = false, .heads = {}};
    const std::uint64_t after = token.life == life_ ? token.position : 0;
    since.incomplete = token.life != life_ || after < s.forgotten;
    for (const Entry& entry : s.entries) {
      if (entry.position <= after) break;
      since.heads.push_back(entry.head);
    }
    return since;
  });
}

void JournaledLog::NoteStored(ChannelId channel, const std::vector<Appended>& appended) {
  Seq last;
  for (const Appended& a : appended) {
    if (a.outcome == Appended::Outcome::kStored) last = std::max(last, a.seq);
  }
  if (last != Seq()) journal_.Note({channel, last, Epoch(epoch_.load(std::memory_order_relaxed))});
}

Task<std::vector<Appended>> JournaledLog::Append(ChannelId channel, std::vector<Draft> drafts,
                                                 Seq expected_head, Deadline deadline) {
  auto appended = co_await log_.Append(channel, std::move(drafts), expected_head, deadline);
  if (appended) {
    NoteStored(channel, *appended);
  } else if (appended.error().code == Errc::kUnavailable ||
             appended.error().code == Errc::kDeadlineExceeded) {
    journal_.Note({channel, Seq(), Epoch()});
  }
  co_return appended;
}

Task<EventPage> JournaledLog::Read(ChannelId channel, Seq after, std::size_t limit,
                                   Deadline deadline) {
  auto page = co_await log_.Read(channel, after, limit, deadline);
  if (page) Learn(page->head.epoch);
  co_return page;
}

Task<Head> JournaledLog::ReadHead(ChannelId channel, Deadline deadline) {
  auto head = co_await log_.ReadHead(channel, deadline);
  if (head) Learn(head->epoch);
  co_return head;
}

Task<std::optional<KeyMatch>> JournaledLog::FindKey(ChannelId channel, UserId user, ClientKey key,
                                                    Seq since, Deadline deadline) {
  return log_.FindKey(channel, user, key, since, deadline);
}

}  // namespace yap::core
