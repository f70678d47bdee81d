#include <algorithm>
#include <array>
#include <vector>

#include "tui/pages/handle_internal.h"
#include "unicode/names.h"

namespace yap::tui {
namespace {

std::vector<LoginField> FieldsOf(const LoginState& login) {
  using enum LoginField;
  if (login.asks_invite) return {kServer, kName, kPassword, kInvite, kLogIn, kCreate, kQuit};
  return {kServer, kName, kPassword, kLogIn, kCreate, kQuit};
}

void Move(LoginState& login, int steps) {
  const auto fields = FieldsOf(login);
  const auto at = std::ranges::find(fields, login.focus) - fields.begin();
  const auto size = static_cast<std::ptrdiff_t>(fields.size());
  login.focus = fields[static_cast<std::size_t>((at + steps + size) % size)];
}

// The first field that is still needed; none: all is there.
std::optional<LoginField> Missing(const LoginState& login) {
  if (login.server.empty()) return LoginField::kServer;
  if (login.name.empty()) return LoginField::kName;
  if (login.password.empty()) return LoginField::kPassword;
  return {};
}

void Submit(Turn& turn, bool create) {
  LoginState& login = turn.state.login;
  login.error.clear();
  login.retry_at.reset();
  login.tries = 0;
  if (const auto missing = Missing(login)) {
    login.focus = *missing;
    login.error = "Fill in " + std::string(*missing == LoginField::kServer ? "the server"
                                           : *missing == LoginField::kName ? "your name"
                                                                           : "your password");
    return;
  }
  if (auto good = unicode::CheckUserName(login.name.text()); !good) {
    login.focus = LoginField::kName;
    login.error = good.error().message;
    return;
  }
  login.creating = create;
  login.waiting = Waiting{create ? "Creating your account" : "Logging in", turn.now};
  turn.Tell(LogInOf(login));
}

// What is being tried is given up where a field changes.
void Edited(LoginState& login) {
  login.retry_at.reset();
  login.error.clear();
}

bool Enter(Turn& turn) {
  LoginState& login = turn.state.login;
  switch (login.focus) {
    case LoginField::kServer:
    case LoginField::kName:
      Move(login, 1);
      return true;
    case LoginField::kPassword:
    case LoginField::kLogIn:
      Submit(turn, false);
      return true;
    case LoginField::kInvite:
    case LoginField::kCreate:
      Submit(turn, true);
      return true;
    case LoginField::kQuit:
      turn.Do(Quit{});
      return true;
  }
  return false;
}

}  // namespace

client::LogInAsked LogInOf(const LoginState& login) {
  return {.server = login.server.text(),
          .name = login.name.text(),
          .password = Secret(login.password.text()),
          .create = login.creating,
          .invite = login.invite.text()};
}

void LoginPressed(Turn& turn, LoginField field) {
  if (turn.state.page != Page::kLogin || turn.state.login.waiting) return;
  turn.state.login.focus = field;
  if (field >= LoginField::kLogIn) Enter(turn);
}

bool LoginKey(Turn& turn, const Key& key) {
  LoginState& login = turn.state.login;
  if (login.waiting) return false;  // Only what works everywhere.
  switch (key.code) {
    case KeyCode::kEnter:
      return Enter(turn);
    case KeyCode::kTab:
    case KeyCode::kDown:
      Move(login, 1);
      return true;
    case KeyCode::kBacktab:
    case KeyCode::kUp:
      Move(login, -1);
      return true;
    case KeyCode::kEscape:
      Edited(login);
      return true;
    default:
      break;
  }
  Editor* editor = FocusedEditor(turn.state);
  if (!editor && (key.code == KeyCode::kRight || key.code == KeyCode::kLeft)) {
    Move(login, key.code == KeyCode::kRight ? 1 : -1);
    return true;
  }
  if (!editor || !EditKey(turn, *editor, key)) return false;
  Edited(login);
  return true;
}

}  // namespace yap::tui
