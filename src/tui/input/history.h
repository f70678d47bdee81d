// tui/input/history.h: what was typed before, newest last; kept in a file by the client. Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace yap::tui {

// The oldest go first.
inline constexpr std::size_t kHistoryMax = 500;

class History {
 public:
  // Repeats of the last entry and empty ones are not added. Ends a walk.
  void Add(std::string text);
  // Up and Down: the entry before or after the one shown; `typed` is what stood there before the
  // walk, and comes back behind the newest. None: there is no further one.
  std::optional<std::string> Older(const std::string& typed);
  std::optional<std::string> Newer();
  // Ctrl+R: the newest entry that contains `what` (case does not count), the `skip`th from the end.
  std::optional<std::string> Search(std::string_view what, std::size_t skip) const;
  // Ends the walk of Older and Newer.
  void Rest();
  const std::deque<std::string>& entries() const { return entries_; }

 private:
  std::deque<std::string> entries_;
  std::optional<std::size_t> shown_;  // None: no walk.
  std::string typed_;
};

}  // namespace yap::tui
