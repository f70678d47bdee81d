#include "client/cursor.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace yap::client {
namespace {

using nlohmann::json;

std::unexpected<Error> Invalid(const std::filesystem::path& path) {
  return Fail(Errc::kFailedPrecondition, "CURSOR_FILE_INVALID",
              fmt::format("{} was not written by yap; name another file, or delete this one",
                          path.string()));
}

std::optional<std::uint64_t> Number(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return {};
  return found->get<std::uint64_t>();
}

std::string Bare(const std::string& channel) {
  return channel.starts_with('#') ? channel.substr(1) : channel;
}

}  // namespace

CursorFile::CursorFile(std::filesystem::path path, std::string server, Fd lock)
    : path_(std::move(path)), server_(std::move(server)), lock_(std::move(lock)) {}

Result<CursorFile> CursorFile::Open(std::filesystem::path path, std::string server) {
  std::error_code none;
  if (path.has_parent_path() && !std::filesystem::exists(path.parent_path(), none)) {
    return Fail(Errc::kFailedPrecondition, "CURSOR_FOLDER_MISSING",
                fmt::format("there is no folder {}; is the name of the cursor file right?",
                            path.parent_path().string()));
  }
  YAP_TRY(auto lock, TryLockFile(path.string() + ".lock"));
  if (!lock) {
    return Fail(Errc::kFailedPrecondition, "CURSOR_FILE_BUSY",
                fmt::format("another yap reads with {}; give each reader a file of its own",
                            path.string()));
  }
  CursorFile file(std::move(path), std::move(server), std::move(*lock));
  YAP_TRY_VOID(file.Read());
  return file;
}

Result<> CursorFile::Read() {
  YAP_TRY(const auto content, ReadPrivateFile(path_));
  if (!content || content->empty()) return {};
  const json document = json::parse(*content, nullptr, false);
  if (!document.is_object() || !document.contains("server") || !document["server"].is_string() ||
      !document.contains("channels") || !document["channels"].is_object()) {
    return Invalid(path_);
  }
  if (document["server"].get<std::string>() != server_) {
    return Fail(Errc::kFailedPrecondition, "CURSOR_FILE_OTHER_SERVER",
                fmt::format("{} holds positions of another server; give each server a file of its "
                            "own",
                            path_.string()));
  }
  for (const auto& [name, place] : document["channels"].items()) {
    const auto epoch = Number(place, "epoch");
    const auto after = Number(place, "seq");
    if (!epoch || !after) return Invalid(path_);
    places_[Bare(name)] = Place{*epoch, *after};
  }
  return {};
}

std::optional<Place> CursorFile::Find(const std::string& channel) const {
  const auto found = places_.find(Bare(channel));
  if (found == places_.end()) return {};
  return found->second;
}

Result<> CursorFile::Store(const std::string& channel, Place place, Durable durable) {
  places_[Bare(channel)] = place;
  json channels = json::object();
  for (const auto& [name, at] : places_) {
    channels[name] = {{"epoch", at.epoch}, {"seq", at.after.value_or(0)}};
  }
  const json document = {{"server", server_}, {"channels", std::move(channels)}};
  return WritePrivateFile(path_, document.dump() + "\n", durable);
}

}  // namespace yap::client
