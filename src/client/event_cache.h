// client/event_cache.h: the newest events of each joined channel on disk, so that a start without a
// server shows what there was, and one with a server asks only for what is new.
//
// A folder per server and user; in it `channels` (length-delimited v1.JoinedChannel) and a file per
// channel (length-delimited v1.Event, appended as they come, in any order). All of it may be lost
// or torn: what cannot be read is not there. One thread; calls block.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "yap/v1/event.pb.h"
#include "yap/v1/types.pb.h"

namespace yap::client {

// Events kept of a channel. A file holds up to twice as many before it is written anew.
inline constexpr std::size_t kCachedEvents = 500;
// Channels kept, as the server lists them; a file beyond this many bytes is not read (a server with
// the longest texts fills it): at most 200 x 16 MiB, some 20 MiB mostly.
inline constexpr std::size_t kCachedChannels = 200;
inline constexpr std::uintmax_t kCachedFileBytesMax = std::uintmax_t{16} << 20;

struct CachedChannel {
  v1::JoinedChannel channel;
  std::vector<v1::Event> events;  // The newest run without a hole, of the channel's epoch.
};

// Where what `username` has on `server` is kept, below the state folder of all.
std::filesystem::path EventCacheFolder(const std::filesystem::path& state,
                                       const std::string& server, const std::string& username);
// Removes all of it, as far as that can be done: who has logged out leaves no messages lying about.
void RemoveEventCache(const std::filesystem::path& folder);

class EventCache {
 public:
  explicit EventCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::vector<CachedChannel> Read() const;
  // The channels there are; files of others are removed.
  // Errors: Unavailable FILE_UNWRITABLE.
  Result<> Keep(const std::vector<v1::JoinedChannel>& channels);
  // Kept in memory until Flush.
  void Add(const v1::Event& event);
  bool dirty() const { return !added_.empty(); }
  // Errors: Unavailable FILE_UNWRITABLE; what was added is dropped.
  Result<> Flush();

 private:
  struct Added {
    std::string bytes;
    std::size_t events = 0;
  };

  std::filesystem::path FileOf(std::uint64_t channel) const;
  std::vector<v1::Event> ReadEvents(std::uint64_t channel, std::uint64_t epoch) const;
  Result<> Append(std::uint64_t channel, const Added& added);
  Result<> Shorten(std::uint64_t channel, std::uint64_t epoch);

  const std::filesystem::path folder_;
  std::map<std::uint64_t, std::uint64_t> epochs_;  // Of the channels kept.
  std::map<std::uint64_t, Added> added_;           // By channel, since the last Flush.
  std::map<std::uint64_t, std::size_t> stored_;    // Events in each file, as far as is known.
};

}  // namespace yap::client
