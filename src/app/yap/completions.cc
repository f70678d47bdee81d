#include "app/yap/completions.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace yap::app {
namespace {

struct Word {
  std::string text;
  std::string summary;
};

// One command: "" for yap itself, "auth status" for one of a group.
struct Entry {
  std::string path;
  std::vector<Word> words;
};

std::string Summary(std::string text) {
  text = text.substr(0, text.find_first_of(";(\n"));
  std::erase_if(text, [](char c) { return c == '\'' || c == '"' || c == '`' || c == '$'; });
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

void AddFlags(const CLI::App& app, std::vector<Word>& words) {
  for (const CLI::Option* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) {
      words.push_back({"--" + name, Summary(option->get_description())});
    }
    for (const auto& name : option->get_snames()) {
      words.push_back({"-" + name, Summary(option->get_description())});
    }
  }
}

void Collect(const CLI::App& root, const CLI::App& app, const std::string& path,
             std::vector<Entry>& out) {
  Entry entry{path, {}};
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    entry.words.push_back({command->get_name(), Summary(command->get_description())});
  }
  AddFlags(app, entry.words);
  if (&app != &root) AddFlags(root, entry.words);
  std::sort(entry.words.begin(), entry.words.end(),
            [](const Word& a, const Word& b) { return a.text < b.text; });
  const auto same = [](const Word& a, const Word& b) { return a.text == b.text; };
  entry.words.erase(std::unique(entry.words.begin(), entry.words.end(), same), entry.words.end());
  out.push_back(std::move(entry));
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    Collect(root, *command, path.empty() ? command->get_name() : path + " " + command->get_name(),
            out);
  }
}

std::string Plain(const Entry& entry) {
  std::string out;
  for (const auto& word : entry.words) out += (out.empty() ? "" : " ") + word.text;
  return out;
}

// The words before the cursor that are commands make the path; an unknown word ends it.
constexpr std::string_view kBashHead =
    R"(# yap: completions for bash; `source <(yap completions bash)`
_yap_words() {
  case "$1" in
)";
constexpr std::string_view kBashTail = R"bash(    *) return 1 ;;
  esac
}
_yap() {
  local path="" word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    [[ "$word" == -* ]] && continue
    _yap_words "${path:+$path }$word" >/dev/null || break
    path="${path:+$path }$word"
  done
  mapfile -t COMPREPLY < <(compgen -W "$(_yap_words "$path")" -- "${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _yap yap
)bash";

std::string Bash(const std::vector<Entry>& entries) {
  std::string out(kBashHead);
  for (const auto& entry : entries) {
    out += fmt::format("    \"{}\") echo '{}' ;;\n", entry.path, Plain(entry));
  }
  return out + std::string(kBashTail);
}

constexpr std::string_view kZshTail = R"zsh(    *) return 1 ;;
  esac
}
_yap() {
  local path="" word
  local -a reply
  for word in "${(@)words[2,CURRENT-1]}"; do
    [[ "$word" == -* ]] && continue
    _yap_words "${path:+$path }$word" || break
    path="${path:+$path }$word"
  done
  _yap_words "$path"
  _describe 'yap' reply || _files
}
if [[ "${funcstack[1]}" == _yap ]]; then _yap "$@"; else compdef _yap yap; fi
)zsh";

std::string Zsh(const std::vector<Entry>& entries) {
  std::string out = "#compdef yap\n# yap: completions for zsh\n_yap_words() {\n  case \"$1\" in\n";
  for (const auto& entry : entries) {
    out += fmt::format("    \"{}\") reply=(", entry.path);
    for (const auto& word : entry.words) {
      std::string summary = word.summary;
      std::replace(summary.begin(), summary.end(), ':', ' ');
      out += fmt::format(" '{}:{}'", word.text, summary);
    }
    out += ") ;;\n";
  }
  return out + std::string(kZshTail);
}

// The command words of a line, as far as they are known.
constexpr std::string_view kFishHead =
    R"(# yap: completions for fish; `yap completions fish | source`
function __yap_path
  set -l path
  for word in (commandline -opc)[2..-1]
    string match -q -- '-*' $word; and continue
    set -a path $word
  end
  string join ' ' -- $path
end
function __yap_at
  set -l path (__yap_path)
  test "$path" = "$argv[1]"; or string match -q -- "$argv[1] *" "$path"
end
)";

std::string Fish(const std::vector<Entry>& entries) {
  std::string out(kFishHead);
  for (const auto& entry : entries) {
    const std::string when =
        entry.path.empty() ? "test -z (__yap_path)" : fmt::format("__yap_at \"{}\"", entry.path);
    for (const auto& word : entry.words) {
      const bool command = !word.text.starts_with('-');
      const std::string what = command                       ? "-f -a " + word.text
                               : word.text.starts_with("--") ? "-l " + word.text.substr(2)
                                                             : "-s " + word.text.substr(1);
      out += fmt::format("complete -c yap -n '{}' {} -d '{}'\n", when, what, word.summary);
    }
  }
  return out;
}

}  // namespace

std::string Completions(const CLI::App& app, Shell shell) {
  std::vector<Entry> entries;
  Collect(app, app, "", entries);
  switch (shell) {
    case Shell::kBash:
      return Bash(entries);
    case Shell::kZsh:
      return Zsh(entries);
    case Shell::kFish:
      return Fish(entries);
  }
  return {};
}

}  // namespace yap::app
