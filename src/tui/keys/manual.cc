#include "tui/keys/manual.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "tui/input/editor_keys.h"
#include "tui/keys/key.h"

namespace yap::tui {
namespace {

std::string UseOf(const CommandInfo& info) {
  return fmt::format("/{}{}{}", info.name, info.arguments.empty() ? "" : " ", info.arguments);
}

std::string ShownKeys(std::string_view names) { return ShownNames(KeysNamed(names)); }

std::string PlacesOf(const CommandInfo& info) {
  std::vector<std::string_view> places;
  for (const auto& [context, name] : kContextNames) {
    if (info.In(context)) places.push_back(name);
  }
  return fmt::format("{}", fmt::join(places, ", "));
}

// For a table of Markdown.
std::string TableText(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

void AppendTagged(std::string& out, std::string_view tag, std::string_view text) {
  fmt::format_to(std::back_inserter(out), ".TP\n.B {}\n{}.\n", Roff(tag), Roff(text));
}

}  // namespace

std::string Roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool begins = out.empty() || out.back() == '\n';
    if (begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::vector<HelpLine> HelpLines(Context context, const Keymap& keymap) {
  std::vector<HelpLine> commands = {{"Commands", ""}};
  std::vector<HelpLine> keys = {{"Keys", ""}};
  std::vector<HelpLine> editing = {{"Editing", ""}};
  for (const CommandInfo& info : Commands()) {
    if (!info.In(context)) continue;
    if (info.slash) commands.push_back({UseOf(info), std::string(info.summary)});
    const std::string bound = keymap.KeysOf(context, info.id);
    if (!bound.empty()) keys.push_back({bound, std::string(info.summary)});
  }
  for (const EditorKey& key : EditorKeys()) {
    editing.push_back({ShownKeys(key.keys), std::string(key.summary)});
  }
  // At the login there is no line for commands.
  std::vector<HelpLine> out = context == Context::kLogin ? std::vector<HelpLine>() : commands;
  std::ranges::move(keys, std::back_inserter(out));
  std::ranges::move(editing, std::back_inserter(out));
  return out;
}

std::string HelpOf(std::string_view name) {
  if (name.starts_with('/')) name.remove_prefix(1);
  if (const CommandInfo* info = SlashNamed(name)) {
    return fmt::format("{}: {}", UseOf(*info), info->summary);
  }
  const auto parsed = ParseSlash(fmt::format("/{}", name));
  const auto* error = parsed ? std::get_if<SlashError>(&*parsed) : nullptr;
  return error ? error->message : "";
}

std::string DocsTables() {
  std::string commands = "| command | what it does |\n|---|---|\n";
  std::string keys = "| key | name | where | what it does |\n|---|---|---|---|\n";
  std::string editing = "| key | what it does |\n|---|---|\n";
  for (const CommandInfo& info : Commands()) {
    if (info.slash) {
      fmt::format_to(std::back_inserter(commands), "| `{}` | {} |\n", TableText(UseOf(info)),
                     TableText(info.summary));
    }
    if (info.keys.empty()) continue;
    fmt::format_to(std::back_inserter(keys), "| {} | `{}` | {} | {} |\n",
                   TableText(ShownKeys(info.keys)), info.name, PlacesOf(info),
                   TableText(info.summary));
  }
  for (const EditorKey& key : EditorKeys()) {
    fmt::format_to(std::back_inserter(editing), "| {} | {} |\n", TableText(ShownKeys(key.keys)),
                   TableText(key.summary));
  }
  return fmt::format("{}\n{}\n{}", commands, keys, editing);
}

std::string ManualSection() {
  std::string out = ".SH KEYS AND COMMANDS\n.SS Commands\n";
  for (const CommandInfo& info : Commands()) {
    if (info.slash) AppendTagged(out, UseOf(info), info.summary);
  }
  out += ".SS Keys\n";
  for (const CommandInfo& info : Commands()) {
    if (!info.keys.empty()) AppendTagged(out, ShownKeys(info.keys), info.summary);
  }
  out += ".SS Editing\n";
  for (const EditorKey& key : EditorKeys()) AppendTagged(out, ShownKeys(key.keys), key.summary);
  return out;
}

}  // namespace yap::tui
