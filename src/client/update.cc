#include "client/update.h"

#include <algorithm>
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

ChatLine* FindUnsent(Model& model, const std::string& key) {
  for (auto& [id, channel] : model.channels) {
    if (ChatLine* line = FindLine(channel.unsent, key)) return line;
  }
  for (auto& [ref, lines] : model.waiting) {
    if (ChatLine* line = FindLine(lines, key)) return line;
  }
  return nullptr;
}

void EraseLine(std::deque<ChatLine>& lines, const std::string& key) {
  std::erase_if(lines, [&](const ChatLine& l) { return l.key == key; });
}

ChatLine LineOf(const ChatEvent& event) {
  ChatLine line;
  line.seq = event.seq;
  line.key = event.key;
  line.user_id = event.user_id;
  line.user = event.user.empty() ? event.subject : event.user;
  if (line.user.empty()) line.user = "server";
  line.message = event.kind == EventKind::kMessage;
  line.text = line.message ? event.text : event.news;
  line.time = event.time;
  return line;
}

void TakeMembers(ChannelModel& channel, const ChatEvent& event) {
  if (event.kind == EventKind::kJoined) channel.members.insert(event.subject);
  if (event.kind == EventKind::kGone) channel.members.erase(event.subject);
  if (event.kind == EventKind::kTopic) channel.topic = event.text;
}

Commands Apply(Model& model, const ChannelOpened& m) {
  ChannelModel& channel = model.channels[m.channel.id] = m.channel;
  if (auto waiting = model.waiting.extract(channel.ref))
    channel.unsent = std::move(waiting.mapped());
  return {LoadPast{channel.id, channel.last_seq + 1}, LoadMembers{channel.id}};
}

Commands Apply(Model& model, const EventCame& m) {
  ChannelModel* channel = Find(model, m.event.channel);
  if (!channel || m.event.epoch != channel->epoch || m.event.seq <= channel->last_seq) return {};
  channel->last_seq = m.event.seq;
  channel->head = std::max(channel->head, m.event.seq);
  channel->countable = std::max(channel->countable, m.event.countable);
  TakeMembers(*channel, m.event);
  if (m.event.user_id == model.self_id && !m.event.key.empty()) {
    EraseLine(channel->unsent, m.event.key);
  }
  channel->lines.push_back(LineOf(m.event));
  if (channel->lines.size() > kLinesMax) channel->lines.pop_front();
  return {};
}

Commands Apply(Model& model, const PastLoaded& m) {
  ChannelModel* channel = Find(model, m.channel);
  if (!channel) return {};
  const std::uint64_t first =
      channel->lines.empty() ? channel->last_seq + 1 : channel->lines.front().seq;
  for (auto event = m.events.rbegin(); event != m.events.rend(); ++event) {
    const std::uint64_t next = channel->lines.empty() ? first : channel->lines.front().seq;
    if (event->epoch != channel->epoch || event->seq + 1 != next) continue;
    channel->lines.push_front(LineOf(*event));
  }
  return {};
}

Commands Apply(Model& model, const MembersLoaded& m) {
  if (ChannelModel* channel = Find(model, m.channel)) {
    channel->members = {m.names.begin(), m.names.end()};
  }
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
  channel->caught_up = false;
  return {LoadPast{channel->id, m.head + 1}, LoadMembers{channel->id}};
}

Commands Apply(Model& model, const ChannelEnded& m) {
  if (ChannelModel* channel = Find(model, m.channel)) channel->ended = m.why;
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
  if (ChatLine* line = FindUnsent(model, m.old_key)) {
    line->key = m.new_key;
    line->state = LineState::kPending;
    line->reason.clear();
  }
  return {};
}

Commands Apply(Model& model, const RetryAsked& m) {
  ChatLine* line = FindUnsent(model, m.key);
  if (!line || line->state != LineState::kFailed) return {};
  return {Requeue{m.key, m.new_key}};
}

Commands Apply(Model& model, const DropAsked& m) {
  const ChatLine* line = FindUnsent(model, m.key);
  if (!line || line->state != LineState::kFailed) return {};
  for (auto& [id, channel] : model.channels) EraseLine(channel.unsent, m.key);
  for (auto& [ref, lines] : model.waiting) EraseLine(lines, m.key);
  return {Discard{m.key}};
}

Commands Apply(Model& model, const Seen& m) {
  ChannelModel* channel = Find(model, m.channel);
  if (!channel || channel->last_seq <= channel->read_seq) return {};
  channel->read_seq = channel->last_seq;
  channel->read_countable = channel->countable;
  return {MoveRead{channel->id, channel->read_seq}};
}

Commands Apply(Model& model, const OlderAsked& m) {
  const ChannelModel* channel = Find(model, m.channel);
  if (!channel || channel->lines.empty() || channel->lines.front().seq <= 1) return {};
  return {LoadPast{channel->id, channel->lines.front().seq}};
}

}  // namespace

std::vector<Command> Update(Model& model, const Message& message) {
  return std::visit([&](const auto& m) { return Apply(model, m); }, message);
}

}  // namespace yap::client
