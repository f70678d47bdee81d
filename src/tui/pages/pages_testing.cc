#include "tui/pages/pages_testing.h"

#include <fmt/format.h>

#include <map>

#include "tui/keys/key.h"
#include "tui/pages/handle.h"
#include "tui/pages/observe.h"
#include "tui/pages/view.h"

namespace yap::tui {
namespace {

using client::ChannelKind;
using client::MemberRole;

client::ChannelModel Channel(std::uint64_t id, const std::string& name, ChannelKind kind,
                             const std::string& topic) {
  client::ChannelModel channel;
  channel.id = id;
  channel.ref = fmt::format("id:{}", id);
  channel.name = name;
  channel.title = (kind == ChannelKind::kDirect ? "@" : "#") + name;
  channel.topic = topic;
  channel.kind = kind;
  channel.members = {{"ada", MemberRole::kOwner}, {"bob", MemberRole::kModerator}};
  if (kind != ChannelKind::kDirect) channel.members["cy"] = MemberRole::kMember;
  channel.member_count = channel.members.size();
  channel.lines_loaded = channel.members_loaded = channel.caught_up = true;
  channel.at_start = true;
  return channel;
}

Key KeyOf(std::string_view name) {
  const auto key = KeyNamed(name);
  if (!key) throw std::invalid_argument(std::string(name) + " is no key");
  return *key;
}

// The next word of the script, or the text in its quotes with `typed`.
std::string_view NextWord(std::string_view& script, bool& typed) {
  script.remove_prefix(std::min(script.find_first_not_of(' '), script.size()));
  typed = script.starts_with('\'');
  if (typed) script.remove_prefix(1);
  const auto end = std::min(script.find(typed ? '\'' : ' '), script.size());
  const auto word = script.substr(0, end);
  script.remove_prefix(std::min(end + 1, script.size()));
  return word;
}

// The characters of UTF-8 text, one at a time.
std::vector<std::string> Characters(std::string_view text) {
  std::vector<std::string> characters;
  for (const char c : text) {
    const bool begins = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (begins || characters.empty()) characters.emplace_back();
    characters.back() += c;
  }
  return characters;
}

char LetterOf(const Style& style, std::vector<Style>& styles) {
  const auto found = std::find(styles.begin(), styles.end(), style);
  const auto at = found - styles.begin();
  if (found == styles.end()) styles.push_back(style);
  return static_cast<char>(at == 0 ? '.' : 'a' + at - 1);
}

std::string Describe(const Style& style) {
  std::string text;
  if (style.index) text += fmt::format(" {}", *style.index);
  if (style.foreground) {
    text += fmt::format(" #{:02x}{:02x}{:02x}", style.foreground->red, style.foreground->green,
                        style.foreground->blue);
  }
  if (style.bold) text += " bold";
  if (style.dim) text += " dim";
  if (style.reverse) text += " reverse";
  if (style.underline) text += " underline";
  return text;
}

}  // namespace

client::Model ModelForTest() {
  client::Model model;
  model.self_id = 1;
  model.self = "ada";
  model.server = "127.0.0.1:7676";
  model.connection = client::Connection::kOnline;
  model.channels_loaded = model.publics_loaded = true;
  for (auto& channel : {Channel(11, "deck", ChannelKind::kPublic, "All hands on deck"),
                        Channel(12, "galley", ChannelKind::kPublic, ""),
                        Channel(13, "bridge", ChannelKind::kPrivate, "Course and speed"),
                        Channel(21, "bob", ChannelKind::kDirect, "")}) {
    model.channels[channel.id] = channel;
  }
  model.publics = {{"deck", "All hands on deck", 3, true},
                   {"galley", "", 3, true},
                   {"harbour", "Who is in port", 12, false},
                   {"loft", "Sails and sewing", 1, false}};
  return model;
}

void Say(client::Model& model, std::uint64_t channel, const std::string& user,
         const std::string& text) {
  const client::ChannelModel& before = model.channels.at(channel);
  client::EventCame came;
  came.event.channel = channel;
  came.event.seq = before.last_seq + 1;
  came.event.epoch = before.epoch;
  came.event.time = std::chrono::sys_days(std::chrono::year(2026) / 11 / 27) +
                    std::chrono::hours(12) + std::chrono::minutes(before.last_seq);
  came.event.user_id = user == model.self ? model.self_id : std::hash<std::string>()(user) | 2;
  came.event.user = user;
  came.event.countable = before.countable + 1;
  came.event.kind = client::EventKind::kMessage;
  came.event.text = text;
  client::Update(model, came);
}

State StateForTest(Page page, Size size) {
  State state;
  state.page = page;
  state.size = size;
  state.chat.channel = page == Page::kChat ? 11 : 0;
  state.login.server.Insert("127.0.0.1:7676");
  return state;
}

std::vector<Effect> Driver::Press(std::string_view script) {
  std::vector<Effect> all;
  const auto press = [&](const Key& key) {
    for (Effect& effect : Give(key)) all.push_back(std::move(effect));
  };
  bool typed = false;
  while (script.find_first_not_of(' ') != std::string_view::npos) {
    const std::string_view word = NextWord(script, typed);
    if (!typed) {
      press(KeyOf(word));
      continue;
    }
    for (const std::string& character : Characters(word)) press({.text = character});
  }
  return all;
}

std::vector<Effect> Driver::Settle(std::vector<Effect> effects) {
  std::vector<Effect> all;
  for (const Effect& effect : effects) {
    all.push_back(effect);
    const auto* tell = std::get_if<Tell>(&effect);
    if (!tell) continue;
    client::Update(model_, tell->message);
    for (Effect& more : Settle(Observe(state_, model_, tell->message, now_))) {
      all.push_back(std::move(more));
    }
  }
  return all;
}

std::vector<Effect> Driver::Give(const Input& input) {
  return Settle(Handle(state_, model_, input, now_));
}

std::vector<Effect> Driver::Hear(const client::Message& message) {
  client::Update(model_, message);
  return Settle(Observe(state_, model_, message, now_));
}

std::vector<Effect> Driver::Wait(std::chrono::milliseconds time) {
  now_ += time;
  return Settle(Tick(state_, now_));
}

std::vector<Effect> Driver::Look() {
  Screen();
  return Settle(Drawn(state_, model_));
}

std::string Driver::Screen() {
  return TextOf(Draw(state_, model_, Theme({.theme = "mono", .depth = Depth::kNone}), now_));
}

std::string Driver::StyledScreen(const Theme& theme) {
  const Frame frame = Draw(state_, model_, theme, now_);
  std::vector<Style> styles = {Style()};
  std::string letters;
  for (int row = 0; row < frame.rows; ++row) {
    std::string line;
    for (int column = 0; column < frame.columns; ++column) {
      const Spot& spot = frame.spots[static_cast<std::size_t>(row * frame.columns + column)];
      line += LetterOf(spot.glyph == " " && !spot.style.reverse ? Style() : spot.style, styles);
    }
    letters += line.substr(0, line.find_last_not_of('.') + 1) + "\n";
  }
  std::string key;
  for (std::size_t i = 1; i < styles.size(); ++i) {
    key += fmt::format("{}:{}\n", static_cast<char>('a' + i - 1), Describe(styles[i]));
  }
  return TextOf(frame) + "--- styles ---\n" + letters + key;
}

std::string TextOf(const Frame& frame) {
  std::string text;
  for (int row = 0; row < frame.rows; ++row) {
    std::string line;
    for (int column = 0; column < frame.columns; ++column) {
      line += frame.spots[static_cast<std::size_t>(row * frame.columns + column)].glyph;
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  if (frame.cursor) text += fmt::format("cursor {},{}\n", frame.cursor->column, frame.cursor->row);
  return text;
}

}  // namespace yap::tui
