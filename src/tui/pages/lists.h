// tui/pages/lists.h: the lists that pages show and keys walk, in their order. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tui/pages/state.h"

namespace yap::tui {

// My channels: by name, conversations after them: the order of Alt+1…9 and of the list at the left.
std::vector<const client::ChannelModel*> ChannelsInOrder(const client::Model& model);

// The channel `steps` after the one shown, around the ends; none: there is no other.
std::optional<std::uint64_t> ChannelAfter(const State& state, const client::Model& model,
                                          int steps);

// Where something is new: who names me first, then conversations, then the rest; muted ones never.
std::optional<std::uint64_t> NextActivity(const State& state, const client::Model& model);

// The first event under the unread line; one's own right under it do not count. None: there is
// none.
std::optional<std::uint64_t> FirstUnread(const client::ChannelModel& channel,
                                         std::uint64_t self_id);

// How well `name` fits what was typed: every letter in its order, better where they stand together
// and at the start. None: it does not. Case does not count.
std::optional<int> Closeness(std::string_view name, std::string_view typed);

// The channels of the switcher, the best first.
std::vector<const client::ChannelModel*> Switchable(const client::Model& model,
                                                    std::string_view typed);

// The rows of Home that can be chosen: my channels, public ones, what was typed, what can be done.
std::vector<Target> HomeTargets(const State& state, const client::Model& model);
// The place of the selected one in them. Where it is gone: of the channel that is called as was
// typed, else of the first that begins so, else 0.
std::size_t HomeSelected(const State& state, const std::vector<Target>& targets);

// Members as they are listed: owners, moderators, the others, each by name.
std::vector<std::pair<std::string, client::MemberRole>> MembersInOrder(
    const client::ChannelModel& channel);
std::string_view RoleName(client::MemberRole role);

// What Tab completes from.
Candidates CandidatesOf(const State& state, const client::Model& model);

}  // namespace yap::tui
