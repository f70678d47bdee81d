#include <fmt/format.h>

#include <algorithm>

#include "tui/pages/spinner.h"
#include "tui/pages/view_internal.h"

namespace yap::tui {
namespace {

using namespace ftxui;  // NOLINT: its elements read as words.

constexpr int kFormColumnsMax = 52;
constexpr int kLabelColumns = 10;
// From here on there is room for blank rows.
constexpr int kRoomyRows = 16;

Target FieldTarget(LoginField field) {
  return {Target::What::kField, static_cast<std::uint64_t>(field)};
}

// A label and its field; the caret is where it is being typed.
Element FieldRow(const LoginState& login, std::string_view label, const Editor& editor,
                 LoginField field, int columns) {
  const bool focused = login.focus == field && !login.waiting;
  const int room = columns - kLabelColumns;
  const auto shape = editor.Show(room - 1, 1, field == LoginField::kPassword);
  Line line{Fit(CellsOf(label, focused ? Role::kAccent : Role::kDim), kLabelColumns),
            FieldTarget(field)};
  const Row typed = Field(shape, room);
  line.cells.insert(line.cells.end(), typed.begin(), typed.end());
  const auto caret = focused ? std::optional(Caret{kLabelColumns + shape.column, 0}) : std::nullopt;
  return Block(std::vector<Line>{std::move(line)}, caret);
}

Element Buttons(const LoginState& login) {
  const auto button = [&](std::string_view label, LoginField field) {
    const bool focused = login.focus == field && !login.waiting;
    return Block(std::vector<Line>{{Button(label, focused), FieldTarget(field)}});
  };
  return hbox({button("Log in", LoginField::kLogIn), text(" "),
               button("Create account", LoginField::kCreate), text(" "),
               button("Quit", LoginField::kQuit)});
}

// What is going on, or what went wrong.
std::vector<Row> News(const Scene& scene, int columns) {
  const LoginState& login = scene.state.login;
  if (login.waiting) {
    return {CellsOf(
        fmt::format("{} {}…", SpinnerAt(login.waiting->since, scene.now), login.waiting->what),
        Role::kNews)};
  }
  std::string text = login.error;
  if (login.retry_at) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(*login.retry_at - scene.now).count();
    text += fmt::format("; next try in {} s", std::max<std::int64_t>(left, 0));
  }
  if (!text.empty()) return Wrap(text, columns, 0, Role::kError);
  if (!scene.state.server_known) {
    return Wrap("Welcome. Log in, or choose a name and a password of 12 characters or more.",
                columns, 0, Role::kDim);
  }
  return {Row()};
}

}  // namespace

Element LoginView(const Scene& scene) {
  const LoginState& login = scene.state.login;
  const int columns = std::min(kFormColumnsMax, scene.state.size.columns - 4);
  const bool roomy = scene.state.size.rows >= kRoomyRows;
  Elements rows;
  const auto gap = [&] {
    if (roomy) rows.push_back(text(""));
  };
  gap();
  rows.push_back(FieldRow(login, "Server", login.server, LoginField::kServer, columns));
  rows.push_back(FieldRow(login, "Name", login.name, LoginField::kName, columns));
  rows.push_back(FieldRow(login, "Password", login.password, LoginField::kPassword, columns));
  if (login.asks_invite) {
    rows.push_back(FieldRow(login, "Invite", login.invite, LoginField::kInvite, columns));
  }
  gap();
  rows.push_back(Buttons(login) | hcenter);
  gap();
  std::vector<Row> news = News(scene, columns);
  if (roomy) news.resize(std::max<std::size_t>(news.size(), 3));
  rows.push_back(Block(std::move(news)));
  Element form =
      hbox({text(" "), vbox(std::move(rows)), text(" ")}) | ftxui::size(WIDTH, EQUAL, columns + 2);
  const KeyHints keys = {{"Tab", "next"}, {"Enter", "go on"}, {"F1", "help"}, {"Ctrl+C", "quit"}};
  return vbox({Panel("yap", std::move(form)) | flex, Block(BottomRows(scene, keys))});
}

}  // namespace yap::tui
