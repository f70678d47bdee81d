// core/event_testing.h: random events for property tests.
#pragma once

#include <rapidcheck.h>

#include <string>

#include "core/event.h"

namespace rc {

template <class Tag>
struct Arbitrary<yap::StrongId<Tag>> {
  static Gen<yap::StrongId<Tag>> arbitrary() {
    return gen::map(gen::arbitrary<std::uint64_t>(),
                    [](std::uint64_t v) { return yap::StrongId<Tag>(v); });
  }
};

template <>
struct Arbitrary<yap::core::Seq> {
  static Gen<yap::core::Seq> arbitrary() {
    return gen::map(gen::arbitrary<std::uint64_t>(),
                    [](std::uint64_t v) { return yap::core::Seq(v); });
  }
};

template <>
struct Arbitrary<yap::core::Role> {
  static Gen<yap::core::Role> arbitrary() {
    using enum yap::core::Role;
    return gen::element(kNone, kMember, kModerator, kOwner);
  }
};

template <>
struct Arbitrary<yap::core::ChannelKind> {
  static Gen<yap::core::ChannelKind> arbitrary() {
    using enum yap::core::ChannelKind;
    return gen::element(kPublic, kPrivate, kDirect, kInbox);
  }
};

template <>
struct Arbitrary<yap::core::RemovalCause> {
  static Gen<yap::core::RemovalCause> arbitrary() {
    using enum yap::core::RemovalCause;
    return gen::element(kLeft, kRemoved, kBanned);
  }
};

template <>
struct Arbitrary<yap::core::Actor> {
  static Gen<yap::core::Actor> arbitrary() {
    return gen::construct<yap::core::Actor>(gen::arbitrary<yap::core::UserId>(),
                                            gen::arbitrary<std::string>());
  }
};

}  // namespace rc

namespace yap::core {

inline rc::Gen<std::optional<std::string>> AnyMaybeText() {
  return rc::gen::map(rc::gen::pair(rc::gen::arbitrary<bool>(), rc::gen::arbitrary<std::string>()),
                      [](std::pair<bool, std::string> p) {
                        return p.first ? std::optional(std::move(p.second)) : std::nullopt;
                      });
}

inline rc::Gen<std::optional<ChannelKind>> AnyMaybeKind() {
  return rc::gen::map(rc::gen::pair(rc::gen::arbitrary<bool>(), rc::gen::arbitrary<ChannelKind>()),
                      [](std::pair<bool, ChannelKind> p) {
                        return p.first ? std::optional(p.second) : std::nullopt;
                      });
}

// A structure of arbitrary fields, as one of the alternatives of Body.
template <class T, class... Gens>
rc::Gen<Body> AnyBodyOf(Gens... gens) {
  return rc::gen::map(rc::gen::construct<T>(std::move(gens)...),
                      [](T body) { return Body(std::move(body)); });
}

// A body of the kind with this index in Body.
inline rc::Gen<Body> AnyBody(std::size_t index) {
  using rc::gen::arbitrary;
  const auto text = arbitrary<std::string>();
  const auto seq = arbitrary<Seq>();
  const auto actor = arbitrary<Actor>();
  const auto role = arbitrary<Role>();
  const auto kind = arbitrary<ChannelKind>();
  const auto channel = arbitrary<ChannelId>();
  switch (index) {
    case 0:
      return AnyBodyOf<MessagePosted>(text, seq);
    case 1:
      return AnyBodyOf<MemberJoined>(actor, role);
    case 2:
      return AnyBodyOf<MemberLeft>(actor);
    case 3:
      return AnyBodyOf<MemberRemoved>(actor, arbitrary<bool>());
    case 4:
      return AnyBodyOf<MemberRoleChanged>(actor, role);
    case 5:
      return AnyBodyOf<ChannelCreated>(kind, text, text);
    case 6:
      return AnyBodyOf<ChannelChanged>(AnyMaybeText(), AnyMaybeKind());
    case 7:
      return AnyBodyOf<AddedToChannel>(channel, text, kind, seq);
    case 8:
      return AnyBodyOf<RemovedFromChannel>(channel, text, seq, arbitrary<RemovalCause>());
    case 9:
      return AnyBodyOf<ReadMoved>(channel, seq, arbitrary<std::uint64_t>());
    default:
      return AnyBodyOf<SessionRevoked>(arbitrary<SessionId>());
  }
}

inline rc::Gen<Body> AnyBody() {
  return rc::gen::mapcat(rc::gen::inRange<std::size_t>(0, std::variant_size_v<Body>),
                         [](std::size_t index) { return AnyBody(index); });
}

inline rc::Gen<ClientKey> AnyKey() {
  return rc::gen::map(rc::gen::container<std::string>(16, rc::gen::arbitrary<char>()),
                      [](const std::string& bytes) {
                        ClientKey key{};
                        for (std::size_t i = 0; i < key.size(); ++i) {
                          key[i] = static_cast<std::byte>(bytes[i]);
                        }
                        return key;
                      });
}

inline rc::Gen<Event> AnyEvent() {
  return rc::gen::build<Event>(
      rc::gen::set(&Event::channel), rc::gen::set(&Event::seq), rc::gen::set(&Event::epoch),
      rc::gen::set(&Event::time, rc::gen::map(rc::gen::arbitrary<std::int64_t>(),
                                              [](std::int64_t us) {
                                                return WallTime(std::chrono::microseconds(us));
                                              })),
      rc::gen::set(&Event::actor), rc::gen::set(&Event::key, AnyKey()),
      rc::gen::set(&Event::countable), rc::gen::set(&Event::body, AnyBody()));
}

}  // namespace yap::core
