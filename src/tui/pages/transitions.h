// tui/pages/transitions.h: which page follows which, as one table. Pure.
#pragma once

#include <cstdint>
#include <optional>

namespace yap::tui {

enum class Page : std::uint8_t { kLogin, kHome, kChat };
inline constexpr int kPages = 3;

enum class PageEvent : std::uint8_t {
  kLoggedIn,       // Also: a stored session was found.
  kLoggedOut,      // Asked to, or the session was ended elsewhere.
  kChannelOpened,  // Chosen, joined, created; a direct conversation.
  kBack,           // Esc with nothing to close.
  kChannelGone,    // The channel that is shown was left, or its member removed.
};
inline constexpr int kPageEvents = 5;

// None: the event means nothing on that page.
std::optional<Page> NextPage(Page page, PageEvent event);

}  // namespace yap::tui
