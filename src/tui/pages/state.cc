#include "tui/pages/state.h"

#include <algorithm>

#include "tui/pages/spinner.h"

namespace yap::tui {
namespace {

Editor* FieldEditor(LoginState& login) {
  switch (login.focus) {
    case LoginField::kServer:
      return &login.server;
    case LoginField::kName:
      return &login.name;
    case LoginField::kPassword:
      return &login.password;
    case LoginField::kInvite:
      return &login.invite;
    case LoginField::kLogIn:
    case LoginField::kCreate:
    case LoginField::kQuit:
      return nullptr;
  }
  return nullptr;
}

struct OverlayEditor {
  Editor* operator()(SwitcherOverlay& o) const { return &o.what; }
  Editor* operator()(FindOverlay& o) const { return &o.what; }
  Editor* operator()(HistoryOverlay& o) const { return &o.what; }
  Editor* operator()(DirectOverlay& o) const { return &o.name; }
  Editor* operator()(CreateOverlay& o) const {
    if (o.focus == CreateField::kName) return &o.name;
    return o.focus == CreateField::kTopic ? &o.topic : nullptr;
  }
  template <class Other>
  Editor* operator()(Other&) const {
    return nullptr;
  }
};

// The next whole second of a countdown to `until`.
MonoTime NextSecond(MonoTime until, MonoTime now) {
  const auto left = std::max(until - now, MonoTime::duration(1));
  return until - std::chrono::floor<std::chrono::seconds>(left - MonoTime::duration(1));
}

bool SpinnerShown(const State& state, const client::Model& model) {
  if (!state.asked.empty()) return true;
  if (state.page == Page::kLogin) return state.login.waiting.has_value();
  if (state.page == Page::kHome)
    return !model.publics_loaded && model.connection == client::Connection::kOnline;
  const auto* channel = ShownChannel(state, model);
  return channel && (!channel->lines_loaded || channel->loading_older);
}

}  // namespace

Editor* FocusedEditor(State& state) {
  if (!std::holds_alternative<std::monostate>(state.overlay)) {
    return std::visit(OverlayEditor{}, state.overlay);
  }
  if (state.page == Page::kLogin) return FieldEditor(state.login);
  return state.page == Page::kHome ? &state.home.filter : &state.chat.input;
}

Context ContextOf(Page page) {
  if (page == Page::kLogin) return Context::kLogin;
  return page == Page::kHome ? Context::kHome : Context::kChat;
}

const client::ChannelModel* ShownChannel(const State& state, const client::Model& model) {
  const auto found = model.channels.find(state.chat.channel);
  return found == model.channels.end() ? nullptr : &found->second;
}

std::optional<MonoTime> NextChange(const State& state, const client::Model& model, MonoTime now) {
  std::optional<MonoTime> next;
  const auto at = [&](MonoTime when) { next = next ? std::min(*next, when) : when; };
  if (SpinnerShown(state, model)) at(now + kSpinnerStep);
  if (state.notice) at(state.notice->until);
  if (state.quit_armed) at(*state.quit_armed + kQuitWithin);
  if (state.login.retry_at) at(NextSecond(*state.login.retry_at, now));
  if (state.next_try && *state.next_try > now) at(NextSecond(*state.next_try, now));
  return next;
}

}  // namespace yap::tui
