// tui/input/history.h: what was typed before, newest last; kept in a file by client/drafts.h. Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace yap::tui {

inline constexpr std::size_t kHistoryMax = 500;

class History {
 public:
  // Repeats of the last entry and empty ones are not added.
  void Add(std::string text);
  // Up and Down: the entry before or after the one shown; `typed` is kept and comes back at the
  // end. None: there is no further one.
  std::optional<std::string> Older(const std::string& typed);
  std::optional<std::string> Newer();
  // Ctrl+R: the newest entry that contains `what`, the `skip`th from the end.
  std::optional<std::string> Search(std::string_view what, std::size_t skip) const;
  // Ends the walk of Older and Newer.
  void Rest();
  const std::deque<std::string>& entries() const { return entries_; }

 private:
  std::deque<std::string> entries_;
};

}  // namespace yap::tui
