#include "tui/pages/observe.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tui/pages/handle_internal.h"
#include "tui/pages/turn.h"

namespace yap::tui {
namespace {

// A log-in that met no server is tried again after 1, 2, 4, … s, at most this.
constexpr int kLogInRetryMax_s = 30;

template <class Other>
void Take(Turn&, const Other&) {}

void Take(Turn& turn, const client::LoggedIn& m) {
  LoginState& login = turn.state.login;
  const std::string server = login.server.text();
  login.server.Set(m.server);  // Who logs out finds both there.
  login.name.Set(m.self);
  login.password = Editor();
  login.invite = Editor();
  login.waiting.reset();
  login.error.clear();
  login.tries = 0;
  turn.state.chat.history = History();
  for (const auto& text : m.history) turn.state.chat.history.Add(text);
  if (!Go(turn, PageEvent::kLoggedIn)) return;
  if (!turn.state.server_known) turn.Do(RememberServer{server.empty() ? m.server : server});
  turn.state.server_known = true;
  turn.Tell(client::PublicsAsked{});
}

bool ServerIsAway(const Error& error) {
  return error.code == Errc::kUnavailable || error.code == Errc::kDeadlineExceeded;
}

void Take(Turn& turn, const client::LogInFailed& m) {
  LoginState& login = turn.state.login;
  // At the start nobody has asked yet: that nobody is logged in is no error.
  const bool asked = std::exchange(login.waiting, {}).has_value();
  login.error = asked || m.why.code != Errc::kUnauthenticated ? m.why.message : "";
  if (m.why.reason == "INVITE_REQUIRED") {
    login.asks_invite = true;
    login.focus = LoginField::kInvite;
  }
  // A new account is not asked for twice: the first time may have worked.
  if (!ServerIsAway(m.why) || login.creating) return;
  const int wait_s = std::min(1 << std::min(login.tries++, 5), kLogInRetryMax_s);
  login.retry_at = turn.now + std::chrono::seconds(wait_s);
}

void Take(Turn& turn, const client::JoinedListed&) {
  const std::string first = std::exchange(turn.state.open_first, {});
  if (!first.empty()) OpenOrJoin(turn, first);
}

void Take(Turn& turn, const client::LoggedOut& m) {
  if (!Go(turn, PageEvent::kLoggedOut)) return;
  turn.state.chat = ChatState();
  turn.state.home = HomeState();
  turn.state.asked.clear();
  turn.state.notice.reset();
  turn.state.login.error = m.why;
  turn.state.login.focus = LoginField::kPassword;
}

// Where the question was asked in a form, the form shows why not.
void ActionFailed(Turn& turn, const std::string& why) {
  if (auto* create = std::get_if<CreateOverlay>(&turn.state.overlay)) {
    create->error = why;
  } else if (auto* direct = std::get_if<DirectOverlay>(&turn.state.overlay)) {
    direct->error = why;
  } else {
    turn.Fail(why);
  }
}

void Take(Turn& turn, const client::ActionDone& m) {
  auto asked = turn.state.asked.extract(m.id);
  if (!asked) return;
  if (m.why) return ActionFailed(turn, m.why->message);
  const auto channel = turn.model.channels.find(m.channel);
  if (!asked.mapped().opens || channel == turn.model.channels.end()) return;
  std::string& text = asked.mapped().then_send;
  if (!text.empty()) turn.Do(Send{channel->second.ref, std::move(text)});
  ShowChannel(turn, m.channel);
}

void Take(Turn& turn, const client::ChannelEnded& m) {
  turn.state.chat.logs.erase(m.channel);
  if (m.channel != turn.state.chat.channel || !Go(turn, PageEvent::kChannelGone)) return;
  turn.state.chat.input = Editor();
  turn.state.chat.channel = 0;
  if (!m.why.empty()) turn.Say(m.why);
  turn.Tell(client::PublicsAsked{});
}

void Take(Turn& turn, const client::ConnectionChanged& m) {
  turn.state.next_try.reset();
  if (m.next_try > Duration::zero()) {
    turn.state.next_try = turn.now + std::chrono::duration_cast<MonoTime::duration>(m.next_try);
  }
}

void Take(Turn& turn, const client::PublicsListed& m) {
  if (m.why) turn.Fail("The public channels cannot be listed: " + m.why->message);
}

void NotSent(Turn& turn, const std::string& why) {
  turn.Fail(fmt::format("Not sent: {}; /retry sends it again, /drop forgets it", why));
}

void Take(Turn& turn, const client::Refused& m) { NotSent(turn, m.why); }

void Take(Turn& turn, const client::NotQueued& m) { NotSent(turn, m.why); }

// Somebody who looks elsewhere is called for what is meant for them.
void Take(Turn& turn, const client::EventCame& m) {
  if (turn.state.focused || m.event.kind != client::EventKind::kMessage) return;
  if (m.event.user_id == turn.model.self_id) return;
  const auto found = turn.model.channels.find(m.event.channel);
  if (found == turn.model.channels.end()) return;
  const client::ChannelModel& channel = found->second;
  const bool new_here = channel.caught_up && m.event.seq > channel.read_seq;
  const bool named = !channel.lines.empty() && channel.lines.back().seq == m.event.seq &&
                     channel.lines.back().mentions_self;
  const bool mine = named || channel.kind == client::ChannelKind::kDirect;
  if (!new_here || !mine || channel.muted) return;
  turn.Do(CallUser{channel.title, fmt::format("{}: {}", m.event.user, m.event.text)});
}

// What could not be had when it was opened. The engine waits before it says so: no server is asked
// as often as something is drawn.
bool Lacks(const client::ChannelModel& channel) {
  return (!channel.lines_loaded && !channel.loading_older) ||
         (!channel.members_loaded && !channel.loading_members);
}

}  // namespace

std::vector<Effect> Observe(State& state, const client::Model& model,
                            const client::Message& message, MonoTime now) {
  Turn turn{state, model, now};
  std::visit([&](const auto& m) { Take(turn, m); }, message);
  return std::move(turn.effects);
}

std::vector<Effect> Tick(State& state, MonoTime now) {
  if (state.notice && state.notice->until <= now) state.notice.reset();
  if (state.quit_armed && now - *state.quit_armed >= kQuitWithin) state.quit_armed.reset();
  LoginState& login = state.login;
  if (state.page != Page::kLogin || !login.retry_at || *login.retry_at > now) return {};
  login.retry_at.reset();
  login.waiting = Waiting{"Logging in", now};
  return {Tell{LogInOf(login)}};
}

std::vector<Effect> Drawn(State& state, const client::Model& model) {
  const std::uint64_t looked_at = std::exchange(state.chat.looked_at, 0);
  const auto* channel = ShownChannel(state, model);
  if (state.page != Page::kChat || !channel) return {};
  std::vector<Effect> effects;
  if (model.connection == client::Connection::kOnline && Lacks(*channel)) {
    effects.push_back(Tell{client::OpenAsked{channel->id}});
  }
  if (!channel->lines_loaded) return effects;
  const bool seen = state.focused && state.chat.page.at_bottom;
  if (seen) state.chat.looked_at = channel->id;
  if (seen && channel->last_seq > channel->read_seq) {
    effects.push_back(Tell{client::Seen{channel->id, looked_at == channel->id}});
  }
  const bool has_older = !channel->at_start && !channel->loading_older && !channel->lines.empty();
  if (state.chat.page.wants_older && has_older) {
    effects.push_back(Tell{client::OlderAsked{channel->id}});
  }
  return effects;
}

std::vector<Effect> Edited(State& state, const client::Model& model, std::string text,
                           MonoTime now) {
  Turn turn{state, model, now};
  while (text.ends_with('\n')) text.pop_back();
  const auto* channel = turn.Channel();
  if (state.page != Page::kChat || !channel) return {};
  Editor edited = state.chat.input;
  edited.Do(Edit::kClear);
  if (!edited.Insert(text)) {
    turn.Fail("That is more than a message can hold; the message is as it was");
    return {};
  }
  state.chat.input = std::move(edited);
  turn.Tell(client::DraftChanged{channel->ref, state.chat.input.text()});
  return std::move(turn.effects);
}

}  // namespace yap::tui
