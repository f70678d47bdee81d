#include "tui/pages/lists.h"

#include <algorithm>
#include <tuple>

#include "unicode/names.h"

namespace yap::tui {
namespace {

using client::ChannelKind;
using client::ChannelModel;
using client::MemberRole;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The more it matters the larger; 0: nothing new.
int Urgency(const ChannelModel& channel) {
  if (channel.muted || channel.unread() == 0) return 0;
  if (channel.mentions > 0) return 3;
  return channel.kind == ChannelKind::kDirect ? 2 : 1;
}

// How far a name is from what was typed.
enum class Match : std::uint8_t { kExact, kBegins, kContains, kNot };

Match MatchOf(std::string_view name, std::string_view typed) {
  const auto found = std::ranges::search(name, typed, {}, Lower, Lower);
  if (found.empty() && !typed.empty()) return Match::kNot;
  if (found.begin() != name.begin()) return Match::kContains;
  return name.size() == typed.size() ? Match::kExact : Match::kBegins;
}

bool Contains(std::string_view name, std::string_view typed) {
  return MatchOf(name, typed) != Match::kNot;
}

// What stands in the input of Home, without # or @.
std::string_view TypedName(const State& state) {
  std::string_view typed = state.home.filter.text();
  if (typed.starts_with('#') || typed.starts_with('@')) typed.remove_prefix(1);
  return typed;
}

// The list of public channels may be older than a join.
bool IsMine(const client::Model& model, const client::PublicChannel& channel) {
  return channel.joined || std::ranges::any_of(model.channels, [&](const auto& entry) {
           return entry.second.kind != ChannelKind::kDirect && entry.second.name == channel.name;
         });
}

// What can be done with a name that is not in the lists.
void AddTyped(std::vector<Target>& targets, const std::string& name, bool person) {
  if (person) return targets.push_back({Target::What::kDirect, 0, name});
  targets.push_back({Target::What::kJoinTyped, 0, name});
  if (unicode::CheckChannelName(name)) targets.push_back({Target::What::kCreate, 0, name});
}

}  // namespace

std::vector<const ChannelModel*> ChannelsInOrder(const client::Model& model) {
  std::vector<const ChannelModel*> order;
  order.reserve(model.channels.size());
  for (const auto& [id, channel] : model.channels) order.push_back(&channel);
  const auto place = [](const ChannelModel* c) {
    return std::tuple(c->kind == ChannelKind::kDirect, c->name, c->id);
  };
  std::ranges::sort(order, {}, place);
  return order;
}

std::optional<std::uint64_t> ChannelAfter(const State& state, const client::Model& model,
                                          int steps) {
  const auto order = ChannelsInOrder(model);
  if (order.empty()) return {};
  const auto at = std::ranges::find(order, state.chat.channel, &ChannelModel::id);
  const auto size = static_cast<std::ptrdiff_t>(order.size());
  if (at == order.end()) return order[steps > 0 ? 0 : order.size() - 1]->id;
  const auto next = ((at - order.begin() + steps) % size + size) % size;
  const std::uint64_t id = order[static_cast<std::size_t>(next)]->id;
  return id == state.chat.channel ? std::nullopt : std::optional(id);
}

std::optional<std::uint64_t> NextActivity(const State& state, const client::Model& model) {
  const ChannelModel* best = nullptr;
  for (const ChannelModel* channel : ChannelsInOrder(model)) {
    const bool shown = state.page == Page::kChat && channel->id == state.chat.channel;
    if (shown || Urgency(*channel) == 0) continue;
    if (!best || Urgency(*channel) > Urgency(*best)) best = channel;
  }
  return best ? std::optional(best->id) : std::nullopt;
}

std::optional<std::uint64_t> FirstUnread(const ChannelModel& channel, std::uint64_t self_id) {
  std::uint64_t seq = channel.unread_mark + 1;
  auto line = std::ranges::lower_bound(channel.lines, seq, {}, &client::ChatLine::seq);
  for (; line != channel.lines.end() && line->seq == seq && line->user_id == self_id; ++line) ++seq;
  return seq <= channel.last_seq ? std::optional(seq) : std::nullopt;
}

std::optional<int> Closeness(std::string_view name, std::string_view typed) {
  int score = 0;
  std::size_t at = 0;
  std::size_t last = std::string_view::npos;
  for (const char c : typed) {
    while (at < name.size() && Lower(name[at]) != Lower(c)) ++at;
    if (at == name.size()) return {};
    if (at == 0 || last + 1 == at) score += 4;  // npos + 1 is 0.
    score -= static_cast<int>(at - (last + 1));
    last = at++;
  }
  return score * 16 - static_cast<int>(std::min<std::size_t>(name.size(), 15));
}

std::vector<const ChannelModel*> Switchable(const client::Model& model, std::string_view typed) {
  if (typed.starts_with('#') || typed.starts_with('@')) typed.remove_prefix(1);
  std::vector<const ChannelModel*> found;
  for (const ChannelModel* channel : ChannelsInOrder(model)) {
    if (Closeness(channel->name, typed)) found.push_back(channel);
  }
  const auto rank = [&](const ChannelModel* c) {
    const int better = typed.empty() ? Urgency(*c) : *Closeness(c->name, typed);
    return std::tuple(-better, c->kind == ChannelKind::kDirect, c->name, c->id);
  };
  std::ranges::sort(found, {}, rank);
  return found;
}

std::vector<Target> HomeTargets(const State& state, const client::Model& model) {
  const std::string& filter = state.home.filter.text();
  if (filter.starts_with('/')) return {};  // A command.
  const std::string_view typed = TypedName(state);
  std::vector<Target> targets;
  bool exact = false;
  for (const ChannelModel* channel : ChannelsInOrder(model)) {
    if (!Contains(channel->name, typed)) continue;
    targets.push_back({Target::What::kChannel, channel->id, channel->name});
    exact |= channel->name == typed;
  }
  for (const client::PublicChannel& channel : model.publics) {
    if (IsMine(model, channel) || !Contains(channel.name, typed)) continue;
    targets.push_back({Target::What::kPublic, 0, channel.name});
    exact |= channel.name == typed;
  }
  if (!typed.empty()) {
    if (!exact) AddTyped(targets, std::string(typed), filter.starts_with('@'));
    return targets;
  }
  for (const auto what :
       {Target::What::kCreate, Target::What::kDirect, Target::What::kLogOut, Target::What::kQuit}) {
    targets.push_back({what});
  }
  return targets;
}

std::size_t HomeSelected(const State& state, const std::vector<Target>& targets) {
  const auto same = [&](const Target& t) {
    const Target& s = state.home.selected;
    return t.what == s.what && t.id == s.id && (t.id != 0 || t.name == s.name);
  };
  const auto match = [typed = TypedName(state)](const Target& t) {
    const bool listed = t.what == Target::What::kChannel || t.what == Target::What::kPublic;
    return listed ? MatchOf(t.name, typed) : Match::kNot;
  };
  auto found = std::ranges::find_if(targets, same);
  if (found == targets.end()) found = std::ranges::min_element(targets, {}, match);
  return static_cast<std::size_t>(found - targets.begin());
}

std::vector<std::pair<std::string, MemberRole>> MembersInOrder(const ChannelModel& channel) {
  std::vector<std::pair<std::string, MemberRole>> members(channel.members.begin(),
                                                          channel.members.end());
  std::ranges::sort(members, {}, [](const auto& member) {
    return std::tuple(-static_cast<int>(member.second), member.first);
  });
  return members;
}

std::string_view RoleName(MemberRole role) {
  switch (role) {
    case MemberRole::kMember:
      return "member";
    case MemberRole::kModerator:
      return "moderator";
    case MemberRole::kOwner:
      return "owner";
  }
  return "";
}

Candidates CandidatesOf(const State& state, const client::Model& model) {
  Candidates from;
  if (const ChannelModel* channel = ShownChannel(state, model);
      channel && state.page == Page::kChat) {
    for (const auto& [name, role] : channel->members) {
      if (name != model.self) from.users.push_back(name);
    }
  }
  for (const ChannelModel* channel : ChannelsInOrder(model)) {
    const bool direct = channel->kind == ChannelKind::kDirect;
    (direct ? from.users : from.channels).push_back(channel->name);
  }
  for (const auto& channel : model.publics) {
    if (!IsMine(model, channel)) from.channels.push_back(channel.name);
  }
  return from;
}

}  // namespace yap::tui
