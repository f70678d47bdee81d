#include "core/projection.h"

#include <type_traits>

namespace yap::core {
namespace {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

using Projections = std::vector<Projection>;

// In the inbox of `user` for the event at (channel, seq), and for no other: each event has at most
// one effect per inbox, and clients cannot write to inboxes.
ClientKey EffectKey(ChannelId channel, Seq seq) {
  ClientKey key{};
  for (std::size_t i = 0; i < 8; ++i) {
    const auto shift = 8 * (7 - i);
    key[i] = static_cast<std::byte>(channel.value >> shift);
    key[i + 8] = static_cast<std::byte>(seq.value >> shift);
  }
  return key;
}

Effect Removed(const Event& event, UserId user, const std::string& name, RemovalCause cause) {
  return {user, RemovedFromChannel{event.channel, name, event.seq, cause},
          EffectKey(event.channel, event.seq)};
}

}  // namespace

std::vector<Projection> ProjectionsOf(const Event& event) {
  return std::visit(
      Overloaded{
          [&](const MemberJoined& b) -> Projections {
            return {SetMember{b.member, b.role, event.seq, event.countable, true}};
          },
          [&](const MemberRoleChanged& b) -> Projections {
            return {SetMember{b.member, b.role, event.seq, event.countable, false}};
          },
          [&](const MemberLeft& b) -> Projections {
            return {DropMember{b.member.user, event.seq, false, b.member.username}};
          },
          [&](const MemberRemoved& b) -> Projections {
            return {DropMember{b.member.user, event.seq, b.banned, b.member.username}};
          },
          [&](const ChannelCreated& b) -> Projections { return {SetChannel{b.topic, b.kind}}; },
          [&](const ChannelChanged& b) -> Projections { return {SetChannel{b.topic, b.kind}}; },
          [&](const ReadMoved& b) -> Projections {
            return {SetRead{event.actor.user, b.channel, b.seq, b.countable}};
          },
          [](const MessagePosted&) -> Projections { return {}; },
          [](const AddedToChannel&) -> Projections { return {}; },
          [](const RemovedFromChannel&) -> Projections { return {}; },
          [](const SessionRevoked&) -> Projections { return {}; },
      },
      event.body);
}

std::vector<Effect> EffectsOf(const Event& event, const std::string& channel_name,
                              ChannelKind kind) {
  if (const auto* b = std::get_if<MemberJoined>(&event.body)) {
    return {{b->member.user, AddedToChannel{event.channel, channel_name, kind, event.seq},
             EffectKey(event.channel, event.seq)}};
  }
  if (const auto* b = std::get_if<MemberLeft>(&event.body)) {
    return {Removed(event, b->member.user, channel_name, RemovalCause::kLeft)};
  }
  if (const auto* b = std::get_if<MemberRemoved>(&event.body)) {
    const auto cause = b->banned ? RemovalCause::kBanned : RemovalCause::kRemoved;
    return {Removed(event, b->member.user, channel_name, cause)};
  }
  return {};
}

bool HasEffects(const Body& body) {
  return std::holds_alternative<MemberJoined>(body) || std::holds_alternative<MemberLeft>(body) ||
         std::holds_alternative<MemberRemoved>(body);
}

}  // namespace yap::core
