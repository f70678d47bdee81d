#include "client/update.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

namespace yap::client {
namespace {

using Commands = std::vector<Command>;

ChannelModel* Find(Model& model, std::uint64_t id) {
  const auto found = model.channels.find(id);
  return found == model.channels.end() ? nullptr : &found->second;
}

ChannelModel* FindRef(Model& model, const std::string& ref) {
  for (auto& [id, channel] : model.channels) {
    if (channel.ref == ref) return &channel;
  }
  return nullptr;
}

// The unsent lines of a channel, open or not.
std::deque<ChatLine>& UnsentOf(Model& model, const std::string& ref) {
  ChannelModel* channel = FindRef(model, ref);
  return channel ? channel->unsent : model.waiting[ref];
}

ChatLine* FindLine(std::deque<ChatLine>& lines, const std::string& key) {
  const auto found =
      std::find_if(lines.begin(), lines.end(), [&](const ChatLine& l) { return l.key == key; });
  return found == lines.end() ? nullptr : &*found;
}

struct Unsent {
  std::string ref;
  ChatLine* line = nullptr;
};

Unsent FindUnsent(Model& model, const std::string& key) {
  for (auto& [id, channel] : model.channels) {
    if (ChatLine* line = FindLine(channel.unsent, key)) return {channel.ref, line};
  }
  for (auto& [ref, lines] : model.waiting) {
    if (ChatLine* line = FindLine(lines, key)) return {ref, line};
  }
  return {};
}

void EraseLine(std::deque<ChatLine>& lines, const std::string& key) {
  std::erase_if(lines, [&](const ChatLine& l) { return l.key == key; });
}

// The channel's own bound; the oldest go.
void Trim(ChannelModel& channel) {
  const std::size_t lines_max = channel.open ? kOpenLinesMax : kLinesMax;
  while (channel.lines.size() > lines_max) {
    channel.lines.pop_front();
    channel.at_start = false;
  }
}

void TakeMembers(ChannelModel& channel, const ChatEvent& event, const std::string& self) {
  switch (event.kind) {
    case EventKind::kJoined:
      if (channel.members.insert_or_assign(event.subject, event.role).second)
        ++channel.member_count;
      break;
    case EventKind::kGone:
      channel.members.erase(event.subject);
      channel.member_count -= std::min<std::uint64_t>(1, channel.member_count);
      break;
    case EventKind::kRole:
      channel.members.insert_or_assign(event.subject, event.role);
      if (event.subject == self) channel.role = event.role;
      break;
    case EventKind::kTopic:
      channel.topic = event.text;
      break;
    case EventKind::kMessage:
    case EventKind::kOther:
      break;
  }
}

void CountMentions(ChannelModel& channel) {
  const auto unread = [&channel](const ChatLine& line) {
    return line.mentions_self && line.seq > channel.read_seq;
  };
  channel.mentions = static_cast<std::uint64_t>(std::ranges::count_if(channel.lines, unread));
}

// Every event says how many messages there are up to it: one next to the read position, too, how
// many are read.
void TakeCount(ChannelModel& channel, const ChatEvent& event) {
  const std::uint64_t itself = event.kind == EventKind::kMessage && event.countable > 0 ? 1 : 0;
  channel.countable = std::max(channel.countable, event.countable);
  if (event.seq == channel.read_seq) channel.read_countable = event.countable;
  if (event.seq == channel.read_seq + 1) channel.read_countable = event.countable - itself;
}

void TakeWaiting(Model& model, ChannelModel& channel) {
  if (auto waiting = model.waiting.extract(channel.ref)) {
    channel.unsent = std::move(waiting.mapped());
  }
}

// What the server says of a channel that is known already; its lines stay.
void Renew(ChannelModel& channel, const ChannelModel& now) {
  channel.topic = now.topic;
  channel.kind = now.kind;
  channel.role = now.role;
  channel.member_count = now.member_count;
  channel.head = std::max(channel.head, now.head);
  channel.countable = std::max(channel.countable, now.countable);
  channel.ended = now.ended;
  if (now.read_seq > channel.read_seq) {
    channel.read_seq = now.read_seq;
    channel.read_countable = now.read_countable;
  }
  CountMentions(channel);
}

Commands Apply(Model& model, const ChannelOpened& m) {
  ChannelModel* known = Find(model, m.channel.id);
  if (known && known->epoch == m.channel.epoch && known->last_seq >= m.channel.last_seq) {
    Renew(*known, m.channel);
    return {};
  }
  auto unsent = known ? std::move(known->unsent) : std::deque<ChatLine>();
  const bool open = known && known->open;
  ChannelModel& channel = model.channels[m.channel.id] = m.channel;
  channel.unsent = std::move(unsent);
  channel.open = open;
  channel.loading_older = channel.loading_members = true;
  TakeWaiting(model, channel);
  return {LoadPast{channel.id, channel.last_seq + 1}, LoadMembers{channel.id}};
}

Commands Apply(Model& model, const EventCame& m) {
  ChannelModel* channel = Find(model, m.event.channel);
  if (!channel || m.event.epoch != channel->epoch || m.event.seq <= channel->last_seq) return {};
  channel->last_seq = m.event.seq;
  channel->head = std::max(channel->head, m.event.seq);
  TakeCount(*channel, m.event);
  TakeMembers(*channel, m.event, model.self);
  if (m.event.user_id == model.self_id && !m.event.key.empty()) {
    EraseLine(channel->unsent, m.event.key);
  }
  channel->lines.push_back(LineOf(m.event, model.self));
  channel->mentions += channel->lines.back().mentions_self && m.event.seq > channel->read_seq;
  Trim(*channel);
  return {};
}

Commands Apply(Model& model, const PastLoaded& m) {
  ChannelModel* channel = Find(model, m.channel);
  if (!channel) return {};
  channel->loading_older = false;
  channel->lines_loaded = channel->lines_loaded || !m.failed;
  channel->at_start = channel->at_start || m.oldest;
  const std::uint64_t first =
      channel->lines.empty() ? channel->last_seq + 1 : channel->lines.front().seq;
  for (auto event = m.events.rbegin(); event != m.events.rend(); ++event) {
    const std::uint64_t next = channel->lines.empty() ? first : channel->lines.front().seq;
    if (event->epoch != channel->epoch || event->seq + 1 != next) continue;
    channel->lines.push_front(LineOf(*event, model.self));
    TakeCount(*channel, *event);
  }
  CountMentions(*channel);
  return {};
}

Commands Apply(Model& model, const MembersLoaded& m) {
  ChannelModel* channel = Find(model, m.channel);
  if (!channel) return {};
  channel->loading_members = false;
  if (m.failed) return {};
  channel->members = m.members;
  channel->member_count = m.members.size();
  channel->members_loaded = true;
  const auto self = m.members.find(model.self);
  if (self != m.members.end()) channel->role = self->second;
  return {};
}

Commands Apply(Model& model, const CaughtUp& m) {
  if (ChannelModel* channel = Find(model, m.channel)) {
    channel->caught_up = true;
    channel->head = std::max(channel->head, m.head);
  }
  return {};
}

// What lies between the last line and the next is gone: the lines before would pretend otherwise.
Commands Apply(Model& model, const PastTruncated& m) {
  if (ChannelModel* channel = Find(model, m.channel)) {
    channel->lines.clear();
    channel->last_seq = m.first_available - 1;
  }
  return {};
}

Commands Apply(Model& model, const LogReplaced& m) {
  ChannelModel* channel = Find(model, m.channel);
  if (!channel) return {};
  channel->epoch = m.epoch;
  channel->last_seq = channel->head = m.head;
  channel->lines.clear();
  // The old log may have been longer: what is new would never be more than was read of that one.
  channel->read_seq = std::min(channel->read_seq, m.head);
  channel->unread_mark = std::min(channel->unread_mark, m.head);
  channel->countable = channel->mentions = 0;
  channel->lines_loaded = false;
  channel->at_start = false;
  channel->loading_older = channel->loading_members = true;
  channel->caught_up = false;
  return {LoadPast{channel->id, m.head + 1}, LoadMembers{channel->id}};
}

// It stays as long as a view shows it, with the reason.
Commands Apply(Model& model, const ChannelEnded& m) {
  ChannelModel* channel = Find(model, m.channel);
  if (!channel) return {};
  channel->ended = m.why;
  if (!channel->open && model.channels_loaded) model.channels.erase(m.channel);
  return {};
}

Commands Apply(Model& model, const ConnectionChanged& m) {
  model.connection = m.connection;
  model.trouble = m.trouble;
  model.next_try = m.next_try;
  if (m.connection == Connection::kOnline) return {WakeCourier{}};
  return {};
}

// Nothing is shown before it is on disk.
Commands Apply(Model&, const Typed& m) { return {Enqueue{m.ref, m.key, m.text}}; }

Commands Apply(Model& model, const Queued& m) {
  UnsentOf(model, m.ref).push_back(m.line);
  return {};
}

Commands Apply(Model& model, const NotQueued& m) {
  ChatLine line;
  line.key = m.key;
  line.user_id = model.self_id;
  line.user = model.self;
  line.text = m.text;
  line.state = LineState::kFailed;
  line.reason = m.why;
  UnsentOf(model, m.ref).push_back(std::move(line));
  return {};
}

// The answer may come before the event or after it; the line goes when the event has come.
Commands Apply(Model& model, const Delivered& m) {
  ChatLine* line = FindLine(UnsentOf(model, m.ref), m.key);
  if (!line) return {};
  const ChannelModel* channel = FindRef(model, m.ref);
  if (!channel || (m.seq != 0 && m.seq <= channel->last_seq)) {
    EraseLine(UnsentOf(model, m.ref), m.key);
    return {};
  }
  line->state = LineState::kSent;
  line->seq = m.seq;
  line->time = m.time;
  return {};
}

Commands Apply(Model& model, const Refused& m) {
  if (ChatLine* line = FindLine(UnsentOf(model, m.ref), m.key)) {
    line->state = LineState::kFailed;
    line->reason = m.why;
  }
  return {};
}

Commands Apply(Model& model, const Rekeyed& m) {
  if (ChatLine* line = FindUnsent(model, m.old_key).line) {
    line->key = m.new_key;
    line->state = LineState::kPending;
    line->reason.clear();
  }
  return {};
}

Commands Apply(Model& model, const RetryAsked& m) {
  const auto [ref, line] = FindUnsent(model, m.key);
  if (!line || line->state != LineState::kFailed) return {};
  return {Requeue{m.key, m.new_key, ref, line->text}};
}

Commands Apply(Model& model, const DropAsked& m) {
  const ChatLine* line = FindUnsent(model, m.key).line;
  if (!line || line->state != LineState::kFailed) return {};
  for (auto& [id, channel] : model.channels) EraseLine(channel.unsent, m.key);
  for (auto& [ref, lines] : model.waiting) EraseLine(lines, m.key);
  return {Discard{m.key}};
}

// Where somebody looks on, it goes with them, unless it stands above what they are reading.
void MoveMark(ChannelModel& channel, bool as_it_came) {
  const bool reading = channel.unread_mark != 0 && channel.unread_mark != channel.read_seq;
  if (as_it_came && reading) return;
  channel.unread_mark = as_it_came ? channel.last_seq : channel.read_seq;
}

Commands Apply(Model& model, const Seen& m) {
  ChannelModel* channel = Find(model, m.channel);
  if (!channel || channel->last_seq <= channel->read_seq) return {};
  MoveMark(*channel, m.as_it_came);
  channel->read_seq = channel->last_seq;
  channel->read_countable = channel->countable;
  channel->mentions = 0;
  return {MoveRead{channel->id, channel->read_seq}};
}

Commands Apply(Model& model, const OlderAsked& m) {
  ChannelModel* channel = Find(model, m.channel);
  if (!channel || channel->lines.empty() || channel->lines.front().seq <= 1) return {};
  if (channel->at_start || channel->loading_older || channel->lines.size() >= kOpenLinesMax)
    return {};
  channel->loading_older = true;
  return {LoadPast{channel->id, channel->lines.front().seq}};
}

// --- Of a client that shows all its channels ---

Commands Apply(Model&, const LogInAsked& m) { return {LogIn{m}}; }

Commands Apply(Model& model, const LoggedIn& m) {
  model = {};
  model.self_id = m.self_id;
  model.self = m.self;
  model.server = m.server;
  model.drafts = m.drafts;
  model.history = m.history;
  return {};
}

Commands Apply(Model& model, const LogInFailed&) {
  model = {};
  return {};
}

Commands Apply(Model&, const LogOutAsked&) { return {LogOut{}}; }

Commands Apply(Model& model, const LoggedOut&) {
  model = {};
  return {};
}

Commands Apply(Model& model, const OpenAsked& m);

Commands Apply(Model& model, const JoinedListed& m) {
  auto before = std::exchange(model.channels, {});
  for (const ChannelModel& listed : m.channels) {
    auto known = before.extract(listed.id);
    const bool same =
        known && known.mapped().epoch == listed.epoch && known.mapped().last_seq == listed.last_seq;
    ChannelModel& channel = model.channels[listed.id] = same ? std::move(known.mapped()) : listed;
    if (same) Renew(channel, listed);
    if (known && !same) {
      channel.unsent = std::move(known.mapped().unsent);
      channel.open = known.mapped().open;
    }
    // What was opened from the cache was marked at the position of then.
    channel.unread_mark = std::max(channel.unread_mark, listed.read_seq);
    TakeWaiting(model, channel);
    CountMentions(channel);
  }
  model.channels_loaded = true;
  Commands commands;
  for (const auto& [id, channel] : model.channels) {
    if (channel.open) std::ranges::move(Apply(model, OpenAsked{id}), std::back_inserter(commands));
  }
  return commands;
}

Commands Apply(Model&, const PublicsAsked& m) { return {ListPublics{m.prefix}}; }

Commands Apply(Model& model, const PublicsListed& m) {
  if (m.why) return {};
  model.publics = m.channels;
  model.publics_loaded = true;
  return {};
}

Commands Apply(Model& model, const OpenAsked& m) {
  ChannelModel* channel = Find(model, m.channel);
  if (!channel) return {};
  if (!std::exchange(channel->open, true)) channel->unread_mark = channel->read_seq;
  Commands commands;
  if (!channel->lines_loaded && !channel->loading_older) {
    channel->loading_older = true;
    const bool none = channel->lines.empty();
    commands.push_back(
        LoadPast{m.channel, none ? channel->last_seq + 1 : channel->lines.front().seq});
  }
  if (!channel->members_loaded && !std::exchange(channel->loading_members, true)) {
    commands.push_back(LoadMembers{m.channel});
  }
  return commands;
}

Commands Apply(Model& model, const CloseAsked& m) {
  ChannelModel* channel = Find(model, m.channel);
  if (!channel) return {};
  channel->open = false;
  Trim(*channel);
  if (!channel->ended.empty()) model.channels.erase(m.channel);
  return {};
}

Commands Apply(Model& model, const ReadMoved& m) {
  ChannelModel* channel = Find(model, m.channel);
  if (!channel || m.seq <= channel->read_seq) return {};
  // What was read elsewhere needs no unread line here.
  if (channel->unread_mark == channel->read_seq) channel->unread_mark = m.seq;
  channel->read_seq = m.seq;
  channel->read_countable = m.countable;
  CountMentions(*channel);
  return {};
}

Commands Apply(Model& model, const DraftChanged& m) {
  if (m.text.empty()) {
    if (model.drafts.erase(m.ref) == 0) return {};
  } else {
    model.drafts[m.ref] = m.text;
  }
  return {KeepDraft{m.ref, m.text}};
}

Commands Apply(Model&, const HistoryAdded& m) { return {KeepHistory{m.text}}; }

Commands Apply(Model& model, const MuteAsked& m) {
  ChannelModel* channel = Find(model, m.channel);
  if (!channel || channel->muted == m.on) return {};
  channel->muted = m.on;
  return {KeepMute{m.channel, m.on}};
}

Commands Apply(Model&, const ActionAsked& m) { return {Act{m.id, m.action}}; }

Commands Apply(Model&, const ActionDone&) { return {}; }

}  // namespace

ChatLine LineOf(const ChatEvent& event, const std::string& self) {
  ChatLine line;
  line.seq = event.seq;
  line.key = event.key;
  line.user_id = event.user_id;
  line.user = event.user.empty() ? event.subject : event.user;
  if (line.user.empty()) line.user = "server";
  line.message = event.kind == EventKind::kMessage;
  line.text = line.message ? event.text : event.news;
  line.mentions_self = line.message && line.user != self && Mentions(line.text, self);
  line.time = event.time;
  return line;
}

bool Mentions(std::string_view text, std::string_view name) {
  const auto of_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  };
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  if (name.empty()) return false;
  for (auto at = text.begin();; ++at) {
    at = std::search(at, text.end(), name.begin(), name.end(), same);
    if (at == text.end()) return false;
    const auto end = at + static_cast<std::ptrdiff_t>(name.size());
    const bool begins = at == text.begin() || !of_name(at[-1]);
    if (begins && (end == text.end() || !of_name(*end))) return true;
  }
}

std::vector<Command> Update(Model& model, const Message& message) {
  return std::visit([&](const auto& m) { return Apply(model, m); }, message);
}

}  // namespace yap::client
