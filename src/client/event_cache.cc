#include "client/event_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "client/outbox.h"
#include "client/private_file.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/util/delimited_message_util.h"

namespace yap::client {
namespace {

namespace fs = std::filesystem;

template <class Message>
void AppendTo(std::string& out, const Message& message) {
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::util::SerializeDelimitedToZeroCopyStream(message, &stream);
}

// All messages up to the end, or to what is none.
template <class Message>
std::vector<Message> ParseAll(const fs::path& file) {
  std::error_code missing;
  if (fs::file_size(file, missing) > kCachedFileBytesMax || missing) return {};
  const auto content = ReadPrivateFile(file);
  if (!content || !*content) return {};
  google::protobuf::io::ArrayInputStream stream((*content)->data(),
                                                static_cast<int>((*content)->size()));
  std::vector<Message> out;
  bool clean_end = false;
  for (Message message;
       google::protobuf::util::ParseDelimitedFromZeroCopyStream(&message, &stream, &clean_end);
       message.Clear()) {
    out.push_back(message);
  }
  return out;
}

// The run without a hole that ends with the newest, at most kCachedEvents of it.
std::vector<v1::Event> NewestRun(std::vector<v1::Event> events) {
  std::ranges::sort(events, {}, &v1::Event::seq);
  const auto repeats =
      std::ranges::unique(events, {}, [](const v1::Event& event) { return event.seq(); });
  events.erase(repeats.begin(), repeats.end());
  auto first = events.end();
  while (first != events.begin() &&
         static_cast<std::size_t>(events.end() - first) < kCachedEvents &&
         (first == events.end() || (first - 1)->seq() + 1 == first->seq())) {
    --first;
  }
  events.erase(events.begin(), first);
  return events;
}

Result<> Unwritable(const fs::path& file) {
  return Fail(Errc::kUnavailable, "FILE_UNWRITABLE",
              fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
}

}  // namespace

fs::path EventCache::FileOf(std::uint64_t channel) const {
  return folder_ / std::to_string(channel);
}

std::vector<v1::Event> EventCache::ReadEvents(std::uint64_t channel, std::uint64_t epoch) const {
  auto events = ParseAll<v1::Event>(FileOf(channel));
  std::erase_if(events, [&](const v1::Event& event) {
    return event.channel_id() != channel || event.epoch() != epoch || event.seq() == 0;
  });
  return NewestRun(std::move(events));
}

std::filesystem::path EventCacheFolder(const std::filesystem::path& state,
                                       const std::string& server, const std::string& username) {
  return state / "cache" / OutboxFolderName(server, username);
}

void RemoveEventCache(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

std::vector<CachedChannel> EventCache::Read() const {
  std::vector<CachedChannel> out;
  for (auto& channel : ParseAll<v1::JoinedChannel>(folder_ / "channels")) {
    if (out.size() == kCachedChannels) break;
    auto events = ReadEvents(channel.channel().id(), channel.channel().epoch());
    out.push_back({std::move(channel), std::move(events)});
  }
  return out;
}

Result<> EventCache::Keep(const std::vector<v1::JoinedChannel>& channels) {
  std::string bytes;
  std::set<std::string> names = {"channels"};
  epochs_.clear();
  for (const auto& channel : channels) {
    if (epochs_.size() == kCachedChannels) break;
    AppendTo(bytes, channel);
    epochs_[channel.channel().id()] = channel.channel().epoch();
    names.insert(std::to_string(channel.channel().id()));
  }
  YAP_TRY_VOID(WritePrivateFile(folder_ / "channels", bytes, Durable::kNo));
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
    if (!names.contains(entry.path().filename().string())) fs::remove(entry.path(), ignored);
  }
  return {};
}

void EventCache::Add(const v1::Event& event) {
  if (!epochs_.contains(event.channel_id())) return;
  Added& added = added_[event.channel_id()];
  AppendTo(added.bytes, event);
  ++added.events;
}

Result<> EventCache::Flush() {
  for (const auto& [channel, added] : std::exchange(added_, {})) {
    const auto kept = epochs_.find(channel);
    if (kept == epochs_.end()) continue;
    YAP_TRY_VOID(Append(channel, added));
    if (stored_[channel] > 2 * kCachedEvents) YAP_TRY_VOID(Shorten(channel, kept->second));
  }
  return {};
}

Result<> EventCache::Append(std::uint64_t channel, const Added& added) {
  YAP_TRY_VOID(MakePrivateDirectory(folder_));
  if (!stored_.contains(channel)) stored_[channel] = ParseAll<v1::Event>(FileOf(channel)).size();
  const Fd file(::open(FileOf(channel).c_str(),
                       O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return Unwritable(FileOf(channel));
  // One write: of several processes each appends whole events.
  const ssize_t written = ::write(file.get(), added.bytes.data(), added.bytes.size());
  if (written != static_cast<ssize_t>(added.bytes.size())) return Unwritable(FileOf(channel));
  stored_[channel] += added.events;
  return {};
}

Result<> EventCache::Shorten(std::uint64_t channel, std::uint64_t epoch) {
  const auto events = ReadEvents(channel, epoch);
  std::string bytes;
  for (const auto& event : events) AppendTo(bytes, event);
  stored_[channel] = events.size();
  return WritePrivateFile(FileOf(channel), bytes, Durable::kNo);
}

}  // namespace yap::client
