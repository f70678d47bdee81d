#include <fmt/format.h>

#include <algorithm>

#include "tui/pages/layout.h"
#include "tui/pages/lists.h"
#include "tui/pages/spinner.h"
#include "tui/pages/view_internal.h"

namespace yap::tui {
namespace {

using namespace ftxui;  // NOLINT: its elements read as words.
using client::ChannelModel;

void Add(Row& row, const Row& more) { row.insert(row.end(), more.begin(), more.end()); }

Row TitleCells(const Scene& scene, const ChannelModel& channel) {
  Row left;
  Append(left, " " + channel.title, Role::kAccent);
  for (Cell& cell : left) cell.bold = true;
  if (!channel.topic.empty()) Append(left, "  " + channel.topic, Role::kDim);
  Row right;
  if (channel.kind == client::ChannelKind::kPrivate) Append(right, "private  ", Role::kDim);
  if (channel.muted) Append(right, "muted  ", Role::kDim);
  if (channel.kind != client::ChannelKind::kDirect && channel.member_count > 0) {
    Append(right, Count(channel.member_count, "member") + " ", Role::kDim);
  }
  return Spread(std::move(left), std::move(right), scene.state.size.columns);
}

// --- Left: channels ---

Row UnreadCells(const ChannelModel& channel) {
  Row row;
  if (channel.unread() == 0) return row;
  const std::string count = channel.unread() > 99 ? "99+" : fmt::format("{}", channel.unread());
  const bool calls = channel.mentions > 0 && !channel.muted;
  Append(row, (calls ? "@" : " ") + count,
         channel.muted ? Role::kDim
         : calls       ? Role::kMention
                       : Role::kUnread);
  Append(row, " ");
  return row;
}

Line ChannelLine(const Scene& scene, const ChannelModel& channel, std::size_t place, int columns) {
  const bool shown = channel.id == scene.state.chat.channel;
  const std::string number = place < 9 ? fmt::format("{} ", place + 1) : "  ";
  Row left = CellsOf(number, Role::kDim);
  const bool news = channel.unread() > 0 && !channel.muted;
  Row title = CellsOf(channel.title, channel.muted ? Role::kDim : Role::kText);
  for (Cell& cell : title) cell.bold = news;
  Add(left, title);
  Row row = Spread(std::move(left), UnreadCells(channel), columns);
  return {shown ? InRole(std::move(row), Role::kSelected) : row,
          {Target::What::kChannel, channel.id}};
}

Element ChannelList(const Scene& scene, const ChatLayout& layout) {
  const auto order = ChannelsInOrder(scene.model);
  const auto at = std::ranges::find(order, scene.state.chat.channel, &ChannelModel::id);
  const auto room = static_cast<std::size_t>(layout.log_rows);
  const std::size_t first =
      FirstShown(static_cast<std::size_t>(at - order.begin()), order.size(), room);
  std::vector<Line> lines;
  for (std::size_t i = first; i < order.size() && lines.size() < room; ++i) {
    lines.push_back(ChannelLine(scene, *order[i], i, layout.channels));
  }
  return Block(std::move(lines)) | ftxui::size(WIDTH, EQUAL, layout.channels);
}

// --- Right: members ---

Line MemberLine(const Scene& scene, const std::string& name, client::MemberRole role) {
  const bool plain = role == client::MemberRole::kMember;
  Row mark = CellsOf(plain                                ? ""
                     : role == client::MemberRole::kOwner ? " owner "
                                                          : " mod ",
                     Role::kDim);
  Row left = CellsOf(" ");
  Row cells = NameCells(name, scene.state.name_colors);
  for (Cell& cell : cells) cell.bold = name == scene.model.self;
  Add(left, cells);
  return {Spread(std::move(left), std::move(mark), kMembersColumns),
          {Target::What::kMember, 0, name}};
}

Element MemberList(const Scene& scene, const ChannelModel& channel, int rows) {
  std::vector<Line> lines;
  const auto members = MembersInOrder(channel);
  const auto room = static_cast<std::size_t>(rows);
  for (const auto& [name, role] : members) {
    if (lines.size() + 1 == room && members.size() > room) break;
    lines.push_back(MemberLine(scene, name, role));
  }
  if (lines.size() < members.size()) {
    lines.push_back({CellsOf(fmt::format(" +{} more", members.size() - lines.size()), Role::kDim)});
  }
  if (!channel.members_loaded) lines = {{CellsOf(" …", Role::kDim)}};
  return Block(std::move(lines)) | ftxui::size(WIDTH, EQUAL, kMembersColumns);
}

// --- The middle: the log ---

// What stands where no line does.
std::string EmptyLog(const Scene& scene, const ChannelModel& channel) {
  if (!channel.lines_loaded && scene.model.connection == client::Connection::kOnline) {
    return fmt::format("{} Loading…", SpinnerAt({}, scene.now));
  }
  if (!channel.lines_loaded) return "Nothing of this channel is on this device yet.";
  return "Nothing has been said here yet.";
}

LogStyle StyleOfLog(const Scene& scene, const ChannelModel& channel, int columns) {
  const auto* find = std::get_if<FindOverlay>(&scene.state.overlay);
  const auto unread = FirstUnread(channel, scene.model.self_id);
  return {.columns = columns,
          .self = scene.model.self,
          .name_colors = scene.state.name_colors,
          .unread_after = unread ? *unread - 1 : 0,
          .find = find ? find->what.text() : ""};
}

Element LogPart(const Scene& scene, const ChannelModel& channel, const ChatLayout& layout) {
  // A blank column at each side.
  const int columns = layout.log - 2;
  ChatState& chat = scene.state.chat;
  chat.page =
      chat.logs[channel.id].Show(channel, StyleOfLog(scene, channel, columns), layout.log_rows);
  if (channel.lines.empty() && channel.unsent.empty()) {
    Row row = CellsOf(EmptyLog(scene, channel), Role::kDim);
    return vbox({filler(), hbox({text(" "), Block(std::move(row))})}) |
           ftxui::size(WIDTH, EQUAL, layout.log);
  }
  if (channel.loading_older && !chat.page.rows.empty()) {
    chat.page.rows.front() = CellsOf(SpinnerAt({}, scene.now), Role::kDim);
    Append(chat.page.rows.front(), " Loading older messages…", Role::kDim);
  }
  return hbox({text(" "), Block(chat.page.rows)}) | ftxui::size(WIDTH, EQUAL, layout.log);
}

// --- Below: status and input ---

Row ChoicesCells(const CompletionState& completing) {
  Row row;
  for (std::size_t i = 0; i < completing.completion.choices.size(); ++i) {
    if (i > 0) Append(row, "  ");
    std::string choice = completing.completion.choices[i];
    while (choice.ends_with(' ')) choice.pop_back();
    Append(row, choice, i == completing.chosen ? Role::kSelected : Role::kDim);
  }
  return row;
}

Row StatusHints(const Scene& scene, int columns) {
  const Overlay& over = scene.state.overlay;
  if (const auto* find = std::get_if<FindOverlay>(&over)) {
    if (find->none) return CellsOf("No further one is loaded", Role::kUnread);
    return Hints({{"Enter", "older"}, {"↓", "newer"}, {"Esc", "close"}}, columns);
  }
  if (std::holds_alternative<HistoryOverlay>(over)) {
    return Hints({{"Enter", "take"}, {"Ctrl+R", "older"}, {"Esc", "close"}}, columns);
  }
  if (scene.state.chat.completing) return ChoicesCells(*scene.state.chat.completing);
  const bool long_notice = !LongNotice(scene.state).empty();
  if (Row notice = NoticeCells(scene); !notice.empty() && !long_notice) return notice;
  const Keymap& keys = scene.state.keymap;
  return Hints({{"F1", "help"},
                {keys.KeysOf(Context::kChat, CommandId::kBack), "home"},
                {keys.KeysOf(Context::kChat, CommandId::kSwitcher), "switch"}},
               columns);
}

// "● online · 3 new below", then what helps.
Row StatusCells(const Scene& scene) {
  Row left = CellsOf(" ");
  Add(left, ConnectionCells(scene));
  const LogPage& page = scene.state.chat.page;
  if (page.new_below > 0) {
    Append(left, fmt::format("  ↓ {} new below", page.new_below), Role::kUnread);
  } else if (page.below > 0) {
    Append(left, fmt::format("  ↓ {} below", page.below), Role::kDim);
  }
  // What is cut says at least how it begins.
  const int room = scene.state.size.columns - static_cast<int>(left.size()) - 3;
  Row right = StatusHints(scene, room);
  if (static_cast<int>(right.size()) > room && room >= 8) right = Fit(std::move(right), room);
  Append(right, " ");
  return Spread(std::move(left), std::move(right), scene.state.size.columns);
}

// A prompt and what is typed behind it.
Element Prompt(std::string_view label, const Editor& editor, int columns, int rows) {
  const Row prompt = CellsOf(label, Role::kAccent);
  const int width = static_cast<int>(prompt.size());
  auto shape = editor.Show(std::max(1, columns - width - 1), rows);
  for (std::size_t i = 0; i < shape.rows.size(); ++i) {
    Row row = i == 0 ? prompt : Fit(Row(), width);
    Add(row, shape.rows[i]);
    shape.rows[i] = std::move(row);
  }
  if (shape.rows.empty()) shape.rows = {prompt};
  return Block(std::move(shape.rows), Caret{width + shape.column, shape.row});
}

Element HistoryPrompt(const Scene& scene, const HistoryOverlay& search) {
  const auto found = scene.state.chat.history.Search(search.what.text(), search.skip);
  Row row = CellsOf("   ");
  Append(row, found ? *found : "nothing like it was typed", found ? Role::kText : Role::kDim);
  const int half = scene.state.size.columns / 2;
  return hbox({Prompt("History: ", search.what, half, 1) | ftxui::size(WIDTH, EQUAL, half),
               Block(std::move(row)) | flex});
}

Element InputPart(const Scene& scene, const ChatLayout& layout) {
  const int columns = scene.state.size.columns;
  const Overlay& over = scene.state.overlay;
  Element input;
  if (const auto* find = std::get_if<FindOverlay>(&over)) {
    input = Prompt("Find: ", find->what, columns, 1);
  } else if (const auto* search = std::get_if<HistoryOverlay>(&over)) {
    input = HistoryPrompt(scene, *search);
  } else {
    input = Prompt("› ", scene.state.chat.input, columns, layout.input_rows);
  }
  return input | ftxui::size(HEIGHT, EQUAL, layout.input_rows);
}

}  // namespace

Element ChatView(const Scene& scene) {
  const ChannelModel* channel = ShownChannel(scene.state, scene.model);
  if (!channel) return text("");
  const ChatLayout layout = LayoutOf(scene.state, scene.model);
  Elements middle;
  if (layout.channels > 0) {
    middle.push_back(ChannelList(scene, layout));
    middle.push_back(separator());
  }
  middle.push_back(LogPart(scene, *channel, layout));
  if (layout.members > 0) {
    middle.push_back(separator());
    middle.push_back(MemberList(scene, *channel, layout.log_rows));
  }
  return vbox({Block(TitleCells(scene, *channel)),
               hbox(std::move(middle)) | ftxui::size(HEIGHT, EQUAL, layout.log_rows),
               Block(LongNotice(scene.state)), Block(StatusCells(scene)),
               InputPart(scene, layout)});
}

}  // namespace yap::tui
