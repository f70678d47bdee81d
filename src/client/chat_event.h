// client/chat_event.h: an event as a view needs it: no proto type goes further than this.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace yap::v1 {
class Event;
enum Role : int;
}  // namespace yap::v1

namespace yap::client {

enum class MemberRole : std::uint8_t { kMember, kModerator, kOwner };

enum class EventKind : std::uint8_t {
  kMessage,
  kJoined,  // `subject` came in, as `role`.
  kGone,    // `subject` left or was removed.
  kTopic,   // `text` is the new topic.
  kRole,    // `subject` has another `role`.
  kOther,   // Only `news`.
};

struct ChatEvent {
  std::uint64_t channel = 0;
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  WallTime time;
  std::uint64_t user_id = 0;  // 0: the server.
  std::string user;
  std::string key;  // client_msg_id.
  std::uint64_t countable = 0;
  EventKind kind = EventKind::kOther;
  std::string text;
  std::string subject;
  MemberRole role = MemberRole::kMember;
  std::string news;  // What happened, for people: "joined"; not yet made safe for a terminal.
};

ChatEvent FromProto(const v1::Event& event);
MemberRole FromProto(v1::Role role);

// What an event other than a message says, as in "joined"; empty: nothing this version knows. As it
// came: it goes through unicode::Visible before people see it.
std::string NewsOf(const v1::Event& event);

// Who did it, as people read it: the actor; without one who joined or left, "the administrator" of
// what only `yapd admin` does, else "server". As it came.
std::string AuthorOf(const v1::Event& event);

// Whom an event is about, other than its actor; empty: nobody.
std::string SubjectOf(const v1::Event& event);

}  // namespace yap::client
