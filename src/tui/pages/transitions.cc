#include "tui/pages/transitions.h"

#include <array>

namespace yap::tui {
namespace {

constexpr std::optional<Page> kStays;
using enum Page;

// A row per page, a column per event, both in the order of their enums.
constexpr std::array<std::array<std::optional<Page>, kPageEvents>, kPages> kTable = {{
    // logged in, logged out, channel opened, back,   channel gone
    {kHome, kStays, kStays, kStays, kStays},  // Login
    {kStays, kLogin, kChat, kStays, kStays},  // Home
    {kStays, kLogin, kChat, kHome, kHome},    // Chat
}};

}  // namespace

std::optional<Page> NextPage(Page page, PageEvent event) {
  return kTable[static_cast<std::size_t>(page)][static_cast<std::size_t>(event)];
}

}  // namespace yap::tui
