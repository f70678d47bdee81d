#include <fmt/format.h>

#include <algorithm>

#include "tui/pages/lists.h"
#include "tui/pages/spinner.h"
#include "tui/pages/view_internal.h"

namespace yap::tui {
namespace {

using namespace ftxui;  // NOLINT: its elements read as words.

constexpr int kNameColumns = 22;
constexpr int kBadgeColumns = 14;
// From here on there is room for blank rows.
constexpr int kRoomyRows = 16;

struct Entry {
  Row name;
  Row badge;
  std::string about;
};

// "3 new  2 for you"
Row Badge(const client::ChannelModel& channel) {
  Row row;
  if (channel.unread() > 0) Append(row, fmt::format("{} new", channel.unread()), Role::kUnread);
  if (channel.mentions > 0) {
    Append(row, fmt::format("{}@{}", row.empty() ? "" : "  ", channel.mentions), Role::kMention);
  }
  if (row.empty() && channel.muted) Append(row, "muted", Role::kDim);
  return row;
}

Entry ChannelEntry(const client::ChannelModel& channel) {
  Row name = CellsOf(channel.title, Role::kAccent);
  if (channel.unread() > 0) {
    for (Cell& cell : name) cell.bold = true;
  }
  const bool is_private = channel.kind == client::ChannelKind::kPrivate;
  const std::string gap = channel.topic.empty() ? "" : " · ";
  return {std::move(name), Badge(channel), (is_private ? "private" + gap : "") + channel.topic};
}

Entry PublicEntry(const client::PublicChannel& channel) {
  return {CellsOf("#" + channel.name), CellsOf(Count(channel.member_count, "member"), Role::kDim),
          channel.topic};
}

Entry EntryOf(const client::Model& model, const Target& target) {
  const auto action = [](const std::string& what, const std::string& about) {
    return Entry{CellsOf(what), {}, about};
  };
  switch (target.what) {
    case Target::What::kChannel:
      return ChannelEntry(model.channels.at(target.id));
    case Target::What::kPublic:
      return PublicEntry(
          *std::ranges::find(model.publics, target.name, &client::PublicChannel::name));
    case Target::What::kJoinTyped:
      return action("Join #" + target.name, "");
    case Target::What::kCreate:
      return action(target.name.empty() ? "Create a channel…" : "Create #" + target.name + "…", "");
    case Target::What::kDirect:
      return action(target.name.empty() ? "Direct message…" : "Message @" + target.name, "");
    case Target::What::kLogOut:
      return action("Log out", "");
    default:
      return action("Quit", "");
  }
}

// The three kinds of rows stand under headings.
std::string_view HeadingOf(Target::What what) {
  switch (what) {
    case Target::What::kChannel:
      return "Your channels";
    case Target::What::kPublic:
      return "Public channels";
    default:
      return "More";
  }
}

Row EntryRow(const Entry& entry, bool selected, int columns) {
  Row row = CellsOf(selected ? " › " : "   ");
  const bool narrow = columns < 60;
  const int badge = narrow ? kBadgeColumns - 4 : kBadgeColumns;
  const int name = narrow ? columns - badge - 4 : kNameColumns;
  const auto add = [&](Row part) { row.insert(row.end(), part.begin(), part.end()); };
  add(Fit(entry.name, name));
  add(CellsOf(" "));
  add(Fit(entry.badge, badge));
  if (!narrow) add(CellsOf(entry.about, Role::kDim));
  row = Fit(std::move(row), columns);
  return selected ? InRole(std::move(row), Role::kSelected) : row;
}

struct List {
  std::vector<Line> lines;
  std::size_t selected = 0;  // The line of the selected target.
};

List ListOf(const Scene& scene) {
  const auto targets = HomeTargets(scene.state, scene.model);
  const std::size_t selected = HomeSelected(scene.state, targets);
  List list;
  std::string_view heading;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (HeadingOf(targets[i].what) != heading) {
      heading = HeadingOf(targets[i].what);
      if (i > 0) list.lines.push_back({});
      list.lines.push_back({CellsOf(" " + std::string(heading), Role::kDim)});
    }
    if (i == selected) list.selected = list.lines.size();
    const Entry entry = EntryOf(scene.model, targets[i]);
    list.lines.push_back({EntryRow(entry, i == selected, scene.state.size.columns), targets[i]});
  }
  return list;
}

Row Title(const Scene& scene) {
  Row left;
  Append(left, " yap ", Role::kAccent);
  Append(left, " ");
  const Row name = NameCells(scene.model.self, scene.state.name_colors);
  left.insert(left.end(), name.begin(), name.end());
  Append(left, " on " + scene.model.server, Role::kDim);
  Row right = ConnectionCells(scene);
  Append(right, " ");
  return Spread(std::move(left), std::move(right), scene.state.size.columns);
}

Element FilterRow(const Scene& scene) {
  const Editor& filter = scene.state.home.filter;
  constexpr int kLabel = 3;
  const auto shape = filter.Show(scene.state.size.columns - kLabel - 1, 1);
  Row row = CellsOf(" › ", Role::kAccent);
  if (filter.empty()) {
    Append(row, "type to find or join a channel", Role::kDim);
  } else {
    row.insert(row.end(), shape.rows[static_cast<std::size_t>(shape.row)].begin(),
               shape.rows[static_cast<std::size_t>(shape.row)].end());
  }
  return Block(std::vector<Row>{std::move(row)}, Caret{kLabel + shape.column, 0});
}

KeyHints HomeKeys(const client::Model& model) {
  const bool online = model.connection == client::Connection::kOnline;
  if (online && !model.channels_loaded) return {{"Looking", "for your channels…"}};
  if (online && !model.publics_loaded) return {{"Looking", "for public channels…"}};
  return {{"Enter", "open"}, {"Ctrl+K", "switch"}, {"F1", "help"}, {"/", "commands"}};
}

}  // namespace

Element HomeView(const Scene& scene) {
  const bool roomy = scene.state.size.rows >= kRoomyRows;
  List list = ListOf(scene);
  std::vector<Row> bottom = BottomRows(scene, HomeKeys(scene.model));
  const int around = (roomy ? 5 : 2) + static_cast<int>(bottom.size());
  const auto room = static_cast<std::size_t>(std::max(1, scene.state.size.rows - around));
  const std::size_t first = FirstShown(list.selected, list.lines.size(), room);
  list.lines.erase(list.lines.begin(), list.lines.begin() + static_cast<std::ptrdiff_t>(first));
  if (list.lines.size() > room) list.lines.resize(room);
  Elements rows = {Block(Title(scene))};
  if (roomy) rows.push_back(text(""));
  rows.push_back(FilterRow(scene));
  if (roomy) rows.push_back(text(""));
  rows.push_back(Block(std::move(list.lines)) | flex);
  rows.push_back(Block(std::move(bottom)));
  return vbox(std::move(rows));
}

}  // namespace yap::tui
