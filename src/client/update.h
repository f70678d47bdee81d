// client/update.h: the one place where a Model changes: Update(model, message) → commands. Pure:
// what a command means is client/engine.h.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "client/model.h"

namespace yap::client {

// --- What happened ---
struct ChannelOpened {  // With an empty past; events come after `last_seq`.
  ChannelModel channel;
};
struct EventCame {
  ChatEvent event;
};
struct PastLoaded {  // A page that ends before the first line.
  std::uint64_t channel = 0;
  std::vector<ChatEvent> events;
  bool failed = false;  // It could not be had; whoever looks asks again.
  bool oldest = false;  // Nothing older is kept.
};
struct MembersLoaded {
  std::uint64_t channel = 0;
  std::map<std::string, MemberRole> members;
  bool failed = false;  // As well.
};
struct CaughtUp {
  std::uint64_t channel = 0;
  std::uint64_t head = 0;
};
struct PastTruncated {
  std::uint64_t channel = 0;
  std::uint64_t first_available = 0;
};
struct LogReplaced {
  std::uint64_t channel = 0;
  std::uint64_t epoch = 0;
  std::uint64_t head = 0;
};
struct ChannelEnded {
  std::uint64_t channel = 0;
  std::string why;
};
struct ConnectionChanged {
  Connection connection = Connection::kConnecting;
  std::string trouble;
  Duration next_try{};
  std::optional<Error> stopped_by{};  // With kStopped; none: it was asked to.
};
// Somebody typed a message; the key was drawn for it.
struct Typed {
  std::string ref;
  std::string key;
  std::string text;
};
// It is in the outbox, on disk (also: found there at the start).
struct Queued {
  std::string ref;
  ChatLine line;
};
// It is nowhere but in the model: a kill loses it.
struct NotQueued {
  std::string ref;
  std::string key;
  std::string text;
  std::string why;
};
struct Delivered {
  std::string ref;
  std::string key;
  std::uint64_t seq = 0;
  WallTime time;
};
struct Refused {
  std::string ref;
  std::string key;
  std::string why;
};
struct Rekeyed {
  std::string old_key;
  std::string new_key;
};
struct RetryAsked {
  std::string key;
  std::string new_key;
};
struct DropAsked {
  std::string key;
};
// Somebody has seen the channel up to its end. `as_it_came`: and looked on since the last time;
// such a one needs no unread line.
struct Seen {
  std::uint64_t channel = 0;
  bool as_it_came = false;
};
struct OlderAsked {
  std::uint64_t channel = 0;
};

// --- Of a client that shows all its channels (client/network.h) ---
// Somebody fills in the login page. `create`: a new account.
struct LogInAsked {
  std::string server;
  std::string name;
  Secret password;
  bool create = false;
  std::string invite;  // A code, where the server wants one.
};
// After a login, and at the start where credentials are stored.
struct LoggedIn {
  std::uint64_t self_id = 0;
  std::string self;
  std::string server;
  std::map<std::string, std::string> drafts;
  std::deque<std::string> history;
};
// Also at the start: kNotLoggedIn, where nobody is.
struct LogInFailed {
  Error why;
};
struct LogOutAsked {};
// The session is over, by request or because the server ended it; `why` is empty by request.
struct LoggedOut {
  std::string why;
};
// All joined channels: what is not among them was left meanwhile. A channel's events go on after
// its `last_seq`; where the model has its lines up to there, they stay, else those of `channel`
// count.
struct JoinedListed {
  std::vector<ChannelModel> channels;
};
struct PublicsAsked {
  std::string prefix;
};
struct PublicsListed {
  std::vector<PublicChannel> channels;
  std::optional<Error> why;  // Why not.
};
// A view shows the channel, or does not any more. It may ask again for what has not come.
struct OpenAsked {
  std::uint64_t channel = 0;
};
struct CloseAsked {
  std::uint64_t channel = 0;
};
// The read position was moved by another device.
struct ReadMoved {
  std::uint64_t channel = 0;
  std::uint64_t seq = 0;
  std::uint64_t countable = 0;
};
struct DraftChanged {
  std::string ref;
  std::string text;
};
struct HistoryAdded {
  std::string text;
};
struct MuteAsked {
  std::uint64_t channel = 0;
  bool on = false;
};

struct CreateChannel {
  std::string name;
  std::string topic;
  bool is_private = false;
};
struct JoinChannel {
  std::string name;
};
struct LeaveChannel {
  std::uint64_t channel = 0;
};
struct OpenDirect {
  std::string user;
};
struct InviteUser {
  std::uint64_t channel = 0;
  std::string user;
};
struct RemoveUser {
  std::uint64_t channel = 0;
  std::string user;
  bool ban = false;
};
struct SetUserRole {
  std::uint64_t channel = 0;
  std::string user;
  MemberRole role = MemberRole::kMember;
};
struct SetTopic {
  std::uint64_t channel = 0;
  std::string topic;
};
using Action = std::variant<CreateChannel, JoinChannel, LeaveChannel, OpenDirect, InviteUser,
                            RemoveUser, SetUserRole, SetTopic>;
// `id` is the asker's; the answer carries it.
struct ActionAsked {
  std::uint64_t id = 0;
  Action action;
};
// The last of its messages: a channel that it brought is in the model before.
struct ActionDone {
  std::uint64_t id = 0;
  std::optional<Error> why;   // Why not; NOT_FOUND names the nearest channel.
  std::uint64_t channel = 0;  // Created, joined or opened.
};

using Message =
    std::variant<ChannelOpened, EventCame, PastLoaded, MembersLoaded, CaughtUp, PastTruncated,
                 LogReplaced, ChannelEnded, ConnectionChanged, Typed, Queued, NotQueued, Delivered,
                 Refused, Rekeyed, RetryAsked, DropAsked, Seen, OlderAsked, LogInAsked, LoggedIn,
                 LogInFailed, LogOutAsked, LoggedOut, JoinedListed, PublicsAsked, PublicsListed,
                 OpenAsked, CloseAsked, ReadMoved, DraftChanged, HistoryAdded, MuteAsked,
                 ActionAsked, ActionDone>;

// --- What to do about it ---
struct Enqueue {
  std::string ref;
  std::string key;
  std::string text;
};
struct Requeue {
  std::string key;
  std::string new_key;
  std::string ref;  // And the text: of one that the outbox does not have.
  std::string text;
};
struct Discard {
  std::string key;
};
struct LoadPast {
  std::uint64_t channel = 0;
  std::uint64_t before = 0;
};
struct LoadMembers {
  std::uint64_t channel = 0;
};
struct MoveRead {
  std::uint64_t channel = 0;
  std::uint64_t seq = 0;
};
struct WakeCourier {};
struct LogIn {
  LogInAsked what;
};
struct LogOut {};
struct ListPublics {
  std::string prefix;
};
struct Act {
  std::uint64_t id = 0;
  Action action;
};
struct KeepDraft {
  std::string ref;
  std::string text;
};
struct KeepHistory {
  std::string text;
};
struct KeepMute {
  std::uint64_t channel = 0;
  bool on = false;
};

using Command =
    std::variant<Enqueue, Requeue, Discard, LoadPast, LoadMembers, MoveRead, WakeCourier, LogIn,
                 LogOut, ListPublics, Act, KeepDraft, KeepHistory, KeepMute>;

std::vector<Command> Update(Model& model, const Message& message);

// How an event reads. `self`: whose name makes a mention.
ChatLine LineOf(const ChatEvent& event, const std::string& self);

// Whether `text` has `name` as a word of its own, with or without @; case does not count.
bool Mentions(std::string_view text, std::string_view name);

}  // namespace yap::client
