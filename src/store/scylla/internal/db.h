// store/scylla/internal/db.h: what the ports' methods share: the session, and what is known of
// channels without asking. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/guarded.h"
#include "core/directory.h"
#include "core/id_cache.h"
#include "store/scylla/internal/layout.h"
#include "store/scylla/internal/session.h"

namespace yap::store::scylla {

// Channels, and sessions, of which something is remembered; about 100 bytes each.
inline constexpr std::size_t kRemembered = 100'000;

// Where a test may cut a call short: the hook's error is what the caller gets.
enum class HookPoint : std::uint8_t {
  kAfterBatch,        // The batch was answered; its answer is lost.
  kBeforeProjection,  // The group is stored; its projections are not.
  kBeforeCheckpoint,  // The projections are written; the checkpoint is not.
};
using Hook = std::function<Result<>(HookPoint)>;

// What only tests set.
struct Internals {
  int bucket_bits = kBucketBits;
  Hook hook = {};
};

// What never changes of a channel, from its creation.
struct ChannelIdentity {
  core::ChannelKind kind = core::ChannelKind::kPublic;  // At first.
  std::string name;
  std::string topic;  // At first.
  core::UserId creator;
  core::ClientKey request_id{};
  WallTime create_time;
};
using IdentityPtr = std::shared_ptr<const ChannelIdentity>;

// What this process has seen of logs. Both numbers only grow, so an old one is a lower bound.
class Sightings {
 public:
  // The newest head seen; nothing for a log not seen yet.
  std::optional<LogHead> Head(core::ChannelId channel) const;
  void SawHead(core::ChannelId channel, const LogHead& head);
  // Projections are written at least up to here.
  core::Seq Projected(core::ChannelId channel) const;
  void SawProjected(core::ChannelId channel, core::Seq seq);

 private:
  struct Seen {
    std::optional<LogHead> head;
    core::Seq projected;
  };
  using Map = std::unordered_map<core::ChannelId, Seen>;
  static Seen& At(Map& map, core::ChannelId channel);
  Guarded<Map> seen_;
};

struct Db {
  Db(std::shared_ptr<Session> opened, core::Epoch store_epoch, Internals set)
      : session(std::move(opened)), epoch(store_epoch), buckets(set.bucket_bits), hook(set.hook) {}

  // Ok, unless a test says otherwise.
  Result<> At(HookPoint point) const { return hook ? hook(point) : Result<>(); }

  const std::shared_ptr<Session> session;
  const core::Epoch epoch;  // Of every log of the keyspace.
  const Buckets buckets;
  const Hook hook;

  Sightings sightings;
  core::IdCache<core::ChannelId, IdentityPtr> identities{kRemembered};
  core::IdCache<core::SessionId, core::UserId> session_owners{kRemembered};
  Guarded<std::string> sweep_position;  // Where the next Sweep goes on.
};

// A bigint of the store, and back: ids and seqs are below 2^63.
inline std::int64_t Signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }
template <class Tag>
std::int64_t Signed(StrongId<Tag> id) {
  return Signed(id.value);
}
inline std::int64_t Signed(core::Seq seq) { return Signed(seq.value); }
inline std::uint64_t NumberIn(const drivers::Row& row, std::string_view column) {
  return static_cast<std::uint64_t>(row.BigInt(column).value_or(0));
}
template <class Id>
Id IdIn(const drivers::Row& row, std::string_view column) {
  return Id(NumberIn(row, column));
}
inline std::string TextIn(const drivers::Row& row, std::string_view column) {
  return std::string(row.Text(column).value_or(std::string_view()));
}
inline WallTime TimeIn(const drivers::Row& row, std::string_view column) {
  return row.Timestamp(column).value_or(WallTime());
}
// Zero where the blob is null or of another length.
core::ClientKey KeyIn(const drivers::Row& row, std::string_view column);
// Text that the store takes: what follows the first byte that is no UTF-8 is left out. The rules
// refuse such text; a projection of it must not stop a channel.
std::string_view ValidText(std::string_view text);

}  // namespace yap::store::scylla
