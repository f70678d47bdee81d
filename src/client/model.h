// client/model.h: what a chat client knows, as values: views draw it, client/update.h alone changes
// it. No proto, no clock, no I/O.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>

#include "base/clock.h"
#include "client/chat_event.h"

namespace yap::client {

// Lines kept per channel; older ones are loaded again when somebody scrolls to them. At 16 KiB of
// text at the very most, some 200 bytes mostly.
inline constexpr std::size_t kLinesMax = 2000;

enum class Connection : std::uint8_t { kConnecting, kOnline, kOffline, kStopped };

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
  LineState state = LineState::kSent;
  std::string reason;
};

struct ChannelModel {
  std::uint64_t id = 0;
  std::string ref;    // What the outbox calls it.
  std::string title;  // "#deck", "@ada".
  std::string topic;
  std::uint64_t epoch = 0;
  std::uint64_t last_seq = 0;   // Of the last event taken.
  std::uint64_t head = 0;       // As far as is known.
  std::deque<ChatLine> lines;   // Events by seq, at most kLinesMax.
  std::deque<ChatLine> unsent;  // Own messages that are no event yet, in the order of typing.
  std::set<std::string> members;
  std::uint64_t read_seq = 0;
  std::uint64_t read_countable = 0;
  std::uint64_t countable = 0;
  bool caught_up = false;
  std::string ended;  // Why it is not followed any more; empty: it is.

  // Messages after the read position.
  std::uint64_t unread() const { return countable - std::min(countable, read_countable); }
};

struct Model {
  std::uint64_t self_id = 0;
  std::string self;
  Connection connection = Connection::kConnecting;
  std::string trouble;  // Why it is not online.
  Duration next_try{};  // While kOffline.
  std::map<std::uint64_t, ChannelModel> channels;
  // Messages of channels that are not open (yet), by what the outbox calls those.
  std::map<std::string, std::deque<ChatLine>> waiting;
};

}  // namespace yap::client
