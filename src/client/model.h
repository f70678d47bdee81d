// client/model.h: what a chat client knows, as values: views draw it, client/update.h alone changes
// it. No proto, no clock, no I/O.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "client/chat_event.h"

namespace yap::client {

// Lines kept per channel; older ones are loaded again when somebody scrolls to them. Some 300 bytes
// each mostly, 16 KiB of text at the very most.
inline constexpr std::size_t kLinesMax = 2000;
// Of one that a view shows: who scrolls back through a year keeps what was loaded.
inline constexpr std::size_t kOpenLinesMax = 50'000;
// Public channels that a list holds; beyond, people type the name.
inline constexpr std::size_t kPublicsMax = 2000;

enum class Connection : std::uint8_t { kConnecting, kOnline, kOffline, kStopped };

enum class ChannelKind : std::uint8_t { kPublic, kPrivate, kDirect };

enum class LineState : std::uint8_t {
  kPending,  // In the outbox, on disk.
  kSent,     // Stored by the server.
  kFailed,   // Refused; `reason` says why.
};

struct ChatLine {
  std::uint64_t seq = 0;  // 0: not known (yet).
  std::string key;
  std::uint64_t user_id = 0;
  std::string user;
  std::string text;  // A message's, or the news.
  WallTime time;
  bool message = true;
  bool mentions_self = false;  // A message of somebody else that names the reader.
  LineState state = LineState::kSent;
  std::string reason;
};

struct ChannelModel {
  std::uint64_t id = 0;
  std::string ref;    // What the outbox calls it.
  std::string name;   // "deck"; of a direct channel the other user's.
  std::string title;  // "#deck", "@ada".
  std::string topic;
  ChannelKind kind = ChannelKind::kPublic;
  MemberRole role = MemberRole::kMember;  // One's own.
  std::uint64_t epoch = 0;
  std::uint64_t last_seq = 0;   // Of the last event taken.
  std::uint64_t head = 0;       // As far as is known.
  std::deque<ChatLine> lines;   // Events by seq without a hole, at most kLinesMax (open: more).
  std::deque<ChatLine> unsent;  // Own messages that are no event yet, in the order of typing.
  std::map<std::string, MemberRole> members;  // Of those loaded, all once members_loaded.
  std::uint64_t member_count = 0;
  std::uint64_t read_seq = 0;
  std::uint64_t read_countable = 0;
  std::uint64_t countable = 0;
  std::uint64_t mentions = 0;  // Lines after the read position that name the reader, of those seen.
  // The unread line's place: the read position when somebody began to look, at the opening or
  // later.
  std::uint64_t unread_mark = 0;
  bool lines_loaded = false;  // A page of the past was asked for and has come.
  bool at_start = false;      // There is nothing before the first line.
  bool members_loaded = false;
  bool loading_older = false;
  bool loading_members = false;
  bool open = false;  // A view shows it.
  bool muted = false;
  bool caught_up = false;
  std::string ended;  // Why it is not followed any more; empty: it is.

  // Messages after the read position.
  std::uint64_t unread() const { return countable - std::min(countable, read_countable); }
};

// A public channel as the list of all shows it.
struct PublicChannel {
  std::string name;
  std::string topic;
  std::uint64_t member_count = 0;
  bool joined = false;
};

struct Model {
  std::uint64_t self_id = 0;  // 0: nobody is logged in.
  std::string self;
  std::string server;  // As ServerAddress::Name() has it.
  Connection connection = Connection::kConnecting;
  std::string trouble;  // Why it is not online.
  Duration next_try{};  // While kOffline.
  std::map<std::uint64_t, ChannelModel> channels;
  bool channels_loaded = false;  // All joined ones are there.
  // Messages of channels that are not open (yet), by what the outbox calls those.
  std::map<std::string, std::deque<ChatLine>> waiting;
  std::vector<PublicChannel> publics;  // By name, at most kPublicsMax.
  bool publics_loaded = false;
  std::map<std::string, std::string> drafts;  // By ChannelModel::ref.
  std::deque<std::string> history;            // What was typed, newest last, as read at the start.

  bool logged_in() const { return self_id != 0; }
  // Messages in the outbox that are still to be sent.
  std::size_t queued() const {
    std::size_t count = 0;
    const auto add = [&count](const std::deque<ChatLine>& lines) {
      for (const ChatLine& line : lines) count += line.state == LineState::kPending;
    };
    for (const auto& [id, channel] : channels) add(channel.unsent);
    for (const auto& [ref, lines] : waiting) add(lines);
    return count;
  }
};

}  // namespace yap::client
