#include "client/drafts.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "client/private_file.h"

namespace yap::client {
namespace {

using nlohmann::json;

// Never throws, whatever the text: what is not valid UTF-8 is replaced.
std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

using Texts = std::map<std::string, std::string>;

void KeepIn(Texts& texts, const std::string& ref, const std::string& text) {
  if (text.empty()) {
    texts.erase(ref);
  } else {
    texts[ref] = text;
  }
}

// Those of `fresh` stay.
void Trim(Texts& texts, const Texts& fresh) {
  for (auto at = texts.begin(); at != texts.end() && texts.size() > kDraftsKept;) {
    at = fresh.contains(at->first) ? std::next(at) : texts.erase(at);
  }
}

void AddTo(std::deque<std::string>& history, const std::string& text) {
  history.push_back(text);
  if (history.size() > kHistoryKept) history.pop_front();
}

void MuteIn(std::set<std::uint64_t>& muted, std::uint64_t channel, bool on) {
  if (on) {
    muted.insert(channel);
  } else {
    muted.erase(channel);
  }
}

}  // namespace

Drafts::Drafts(std::filesystem::path file) : file_(std::move(file)) {
  const auto content = ReadPrivateFile(file_);
  if (content && *content) kept_ = Parse(**content);
}

Drafts::Kept Drafts::Parse(const std::string& content) {
  Kept kept;
  const json root = json::parse(content, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return kept;
  const json drafts = root.value("drafts", json::object());
  const json history = root.value("history", json::array());
  const json muted = root.value("muted", json::array());
  for (const auto& [ref, text] : drafts.items()) {
    if (text.is_string()) KeepIn(kept.texts, ref, text.get<std::string>());
  }
  Trim(kept.texts, {});
  for (const auto& text : history) {
    if (text.is_string()) AddTo(kept.history, text.get<std::string>());
  }
  for (const auto& channel : muted) {
    if (channel.is_number_unsigned()) kept.muted.insert(channel.get<std::uint64_t>());
  }
  return kept;
}

// What another process has typed there since is not ours to remove.
void Drafts::Keep(const std::string& ref, const std::string& text) {
  if (text.empty() && !kept_.texts.contains(ref)) return;
  KeepIn(kept_.texts, ref, text);
  Trim(kept_.texts, {{ref, text}});
  changes_.texts[ref] = text;
}

void Drafts::AddHistory(const std::string& text) {
  AddTo(kept_.history, text);
  AddTo(changes_.history, text);
}

void Drafts::Mute(std::uint64_t channel, bool on) {
  MuteIn(kept_.muted, channel, on);
  changes_.muted[channel] = on;
}

bool Drafts::dirty() const {
  return !changes_.texts.empty() || !changes_.history.empty() || !changes_.muted.empty();
}

Result<> Drafts::Flush() {
  if (!dirty()) return {};
  YAP_TRY(const auto lock, TryLockFile(file_.string() + ".lock"));
  if (!lock) {
    return Fail(Errc::kUnavailable, "DRAFTS_BUSY",
                fmt::format("another yap writes {}", file_.string()));
  }
  YAP_TRY(const auto content, ReadPrivateFile(file_));
  Kept now = Parse(content.value_or(""));
  for (const auto& [ref, text] : changes_.texts) KeepIn(now.texts, ref, text);
  Trim(now.texts, changes_.texts);
  for (const auto& text : changes_.history) AddTo(now.history, text);
  for (const auto& [channel, on] : changes_.muted) MuteIn(now.muted, channel, on);
  const json root = {{"drafts", now.texts}, {"history", now.history}, {"muted", now.muted}};
  YAP_TRY_VOID(WritePrivateFile(file_, Dump(root), Durable::kNo));
  changes_ = {};
  return {};
}

}  // namespace yap::client
