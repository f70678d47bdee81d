#include "client/drafts.h"

#include <charconv>
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

}  // namespace

Drafts::Drafts(std::filesystem::path file) : file_(std::move(file)) {
  const auto content = ReadPrivateFile(file_);
  if (content && *content) Read(**content);
}

void Drafts::Read(const std::string& content) {
  const json root = json::parse(content, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return;
  const json drafts = root.value("drafts", json::object());
  const json history = root.value("history", json::array());
  const json muted = root.value("muted", json::array());
  for (const auto& [ref, text] : drafts.items()) {
    if (text.is_string() && texts_.size() < kDraftsKept) texts_[ref] = text.get<std::string>();
  }
  for (const auto& text : history) {
    if (text.is_string()) AddHistory(text.get<std::string>());
  }
  for (const auto& channel : muted) {
    if (channel.is_number_unsigned()) muted_.insert(channel.get<std::uint64_t>());
  }
  dirty_ = false;
}

void Drafts::Keep(const std::string& ref, const std::string& text) {
  if (text.empty()) {
    dirty_ = texts_.erase(ref) > 0 || dirty_;
    return;
  }
  texts_[ref] = text;
  if (texts_.size() > kDraftsKept) texts_.erase(texts_.begin());
  dirty_ = true;
}

void Drafts::AddHistory(const std::string& text) {
  history_.push_back(text);
  if (history_.size() > kHistoryKept) history_.pop_front();
  dirty_ = true;
}

void Drafts::Mute(std::uint64_t channel, bool on) {
  const bool changed = on ? muted_.insert(channel).second : muted_.erase(channel) > 0;
  dirty_ = dirty_ || changed;
}

Result<> Drafts::Flush() {
  if (!dirty_) return {};
  const json root = {{"drafts", texts_}, {"history", history_}, {"muted", muted_}};
  YAP_TRY_VOID(WritePrivateFile(file_, Dump(root), Durable::kNo));
  dirty_ = false;
  return {};
}

}  // namespace yap::client
