#include "tui/input/completion.h"

#include <algorithm>
#include <ranges>
#include <string_view>
#include <utility>

#include "tui/keys/commands.h"
#include "unicode/fold.h"

namespace yap::tui {
namespace {

constexpr std::string_view kBlanks = " \n";

// What may stand where the word stands: `before` and `after` go around each.
struct Offer {
  std::vector<std::string> names;
  std::string_view before;
  std::string_view after;
};

std::vector<std::string> CommandNames() {
  std::vector<std::string> names;
  for (const CommandInfo& info : Commands()) {
    if (info.slash) names.emplace_back(info.name);
  }
  return names;
}

// The words of `text`, which ends where the one to complete begins.
std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  for (;;) {
    const auto begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    words.push_back(text.substr(0, text.find_first_of(kBlanks)));
    text.remove_prefix(words.back().size());
  }
}

// "USER [TEXT]", 1 → "TEXT".
std::string_view ArgumentOf(const CommandInfo& info, std::size_t index) {
  const auto arguments = Words(info.arguments);
  if (index >= arguments.size()) return {};
  std::string_view name = arguments[index];
  if (name.starts_with('[')) name = name.substr(1, name.size() - 2);
  return name;
}

std::optional<Offer> OfferForArgument(std::string_view before, const Candidates& from) {
  const auto words = Words(before);
  if (words.empty() || !words[0].starts_with('/')) return {};
  const CommandInfo* info = SlashNamed(words[0].substr(1));
  if (!info) return {};
  const auto argument = ArgumentOf(*info, words.size() - 1);
  if (argument == "CHANNEL") return Offer{from.channels, "", " "};
  if (argument == "USER") return Offer{from.users, "", " "};
  if (argument == "ROLE") return Offer{{"member", "moderator", "owner"}, "", " "};
  if (argument == "COMMAND") return Offer{CommandNames(), "", " "};
  return {};
}

// `word` loses the sign that says what it is.
std::optional<Offer> OfferFor(std::string_view before, std::string_view& word,
                              const Candidates& from) {
  const auto signed_by = [&](char sign) {
    if (!word.starts_with(sign)) return false;
    word.remove_prefix(1);
    return true;
  };
  if (before.empty() && signed_by('/')) return Offer{CommandNames(), "/", " "};
  if (signed_by('@')) return Offer{from.users, "@", " "};
  if (signed_by('#')) return Offer{from.channels, "#", " "};
  if (!before.empty()) return OfferForArgument(before, from);
  return word.empty() ? std::nullopt : std::optional(Offer{from.users, "", ": "});
}

}  // namespace

std::optional<Completion> Complete(const std::string& text, std::size_t cursor,
                                   const Candidates& from) {
  const std::string_view typed = std::string_view(text).substr(0, cursor);
  const std::size_t begin = typed.find_last_of(kBlanks) + 1;
  std::string_view word = typed.substr(begin);
  const auto offer = OfferFor(typed.substr(0, begin), word, from);
  if (!offer) return {};
  const std::string wanted = unicode::CaseFolded(word);
  Completion out{begin, cursor, {}};
  for (const std::string& name : offer->names) {
    if (!unicode::CaseFolded(name).starts_with(wanted)) continue;
    out.choices.push_back(std::string(offer->before).append(name).append(offer->after));
  }
  return out.choices.empty() ? std::nullopt : std::optional(std::move(out));
}

}  // namespace yap::tui
