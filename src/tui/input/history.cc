#include "tui/input/history.h"

#include <ranges>
#include <utility>

#include "unicode/fold.h"

namespace yap::tui {

void History::Add(std::string text) {
  Rest();
  if (text.empty() || (!entries_.empty() && entries_.back() == text)) return;
  entries_.push_back(std::move(text));
  if (entries_.size() > kHistoryMax) entries_.pop_front();
}

std::optional<std::string> History::Older(const std::string& typed) {
  const std::size_t place = shown_.value_or(entries_.size());
  if (place == 0) return {};
  if (!shown_) typed_ = typed;
  shown_ = place - 1;
  return entries_[*shown_];
}

std::optional<std::string> History::Newer() {
  if (!shown_) return {};
  if (*shown_ + 1 < entries_.size()) return entries_[++*shown_];
  shown_.reset();
  return std::exchange(typed_, {});
}

std::optional<std::string> History::Search(std::string_view what, std::size_t skip) const {
  const std::string wanted = unicode::CaseFolded(what);
  for (const std::string& entry : std::views::reverse(entries_)) {
    if (unicode::CaseFolded(entry).find(wanted) != std::string::npos && skip-- == 0) return entry;
  }
  return {};
}

void History::Rest() {
  shown_.reset();
  typed_.clear();
}

}  // namespace yap::tui
