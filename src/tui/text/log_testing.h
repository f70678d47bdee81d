// tui/text/log_testing.h: channels and lines for tests of the log.
#pragma once

#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "client/model.h"
#include "tui/text/cells.h"

namespace yap::tui {

// 27 November 2026, 12:34 UTC.
inline constexpr WallTime kNoon{std::chrono::seconds(1'795'782'840)};

// Times are shown in the process's zone.
inline void UseUtc() {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
}

inline client::ChatLine LineOf(std::uint64_t seq, std::string user, std::string text,
                               std::chrono::seconds after = {}) {
  client::ChatLine line;
  line.seq = seq;
  line.key = "k" + std::to_string(seq);
  line.user = std::move(user);
  line.text = std::move(text);
  line.time = kNoon + after;
  return line;
}

inline client::ChatLine Unsent(std::string key, std::string text,
                               client::LineState state = client::LineState::kPending) {
  client::ChatLine line = LineOf(0, "ada", std::move(text));
  line.key = std::move(key);
  line.state = state;
  return line;
}

inline std::vector<std::string> TextsOf(const std::vector<Row>& rows) {
  std::vector<std::string> out;
  for (const Row& row : rows) out.push_back(TextOf(row));
  return out;
}

}  // namespace yap::tui
