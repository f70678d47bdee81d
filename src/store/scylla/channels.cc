#include "store/scylla/internal/channels.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/parallel.h"
#include "store/errors.h"
#include "store/scylla/internal/log.h"
#include "store/scylla/internal/projector.h"

namespace yap::store::scylla {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.
using drivers::Row;
using drivers::Values;

namespace {

constexpr std::uint32_t kNamesPerRequest = 200;

ChannelRecord RecordOf(ChannelId id, const ChannelIdentity& identity, const ChannelState& state,
                       const LogHead& head, Epoch epoch) {
  return {.id = id,
          .kind = state.kind.value_or(identity.kind),
          .name = identity.name,
          .topic = state.topic.value_or(identity.topic),
          .creator = identity.creator,
          .request_id = identity.request_id,
          .create_time = identity.create_time,
          .member_count = head.members,
          .head = ToHead(head, epoch),
          .effects_done = state.effects_done,
          .effects_last = head.effects};
}

Values RowOf(const ChannelRecord& channel) {
  return std::move(Values()
                       .BigInt(Signed(channel.id))
                       .TinyInt(static_cast<std::int8_t>(channel.kind))
                       .Text(channel.name)
                       .Text(channel.topic)
                       .BigInt(Signed(channel.creator))
                       .Blob(channel.request_id)
                       .Timestamp(channel.create_time));
}

Task<std::optional<ChannelId>> IdOf(Db& db, std::string name, Deadline deadline) {
  YAP_CO_TRY(const auto rows,
             co_await db.session->Execute(Sql::kReadChannelName, Values().Text(name), deadline));
  if (rows.empty()) co_return std::optional<ChannelId>();
  co_return IdIn<ChannelId>(rows.front(), "ch");
}

// Whoever has the name after this: `channel.id`, or another one that came first.
Task<ChannelId> ClaimName(Db& db, ChannelRecord channel, Deadline deadline) {
  YAP_CO_TRY(const auto rows,
             co_await db.session->Execute(Sql::kClaimChannelName,
                                          Values().Text(channel.name).BigInt(Signed(channel.id)),
                                          deadline));
  co_return rows.Applied() ? channel.id : IdIn<ChannelId>(rows.front(), "ch");
}

// The row that nobody will ever find. Where it stays, it is in nobody's way.
asio::awaitable<void> DropOrphan(Db& db, ChannelId id, Deadline deadline) {
  const auto dropped =
      co_await db.session->Execute(Sql::kDropChannel, Values().BigInt(Signed(id)), deadline);
  if (!dropped) log::Debug("a channel without a name stays", {{"channel", id.value}});
}

Task<std::vector<ChannelRecord>> LoadAll(Db& db, std::vector<ChannelId> ids, Deadline deadline) {
  std::vector<Task<ChannelRecord>> todo;
  for (const ChannelId id : ids) todo.push_back(GetChannel(db, id, deadline));
  return AwaitAllOk(std::move(todo), kParallelMax);
}

// The public ones of a page of names, from `after_name` on, as long as they have the prefix.
struct Names {
  std::vector<ChannelId> ids;
  bool ended = false;  // No later name has the prefix.
};
Names Choose(const drivers::Rows& rows, const std::string& prefix, const std::string& after_name) {
  Names names;
  for (const Row row : rows) {
    const std::string name = TextIn(row, "name");
    names.ended = !name.starts_with(prefix) && name > prefix;
    if (names.ended) break;
    if (name <= after_name || !row.Boolean("listed").value_or(false)) continue;
    names.ids.push_back(IdIn<ChannelId>(row, "ch"));
  }
  return names;
}

}  // namespace

// The row first, under an id that nobody knows; then the name, which decides. A crash in between
// leaves a row that nobody finds.
Task<ChannelCreation> CreateChannel(Db& db, ChannelRecord channel, Deadline deadline) {
  YAP_CO_TRY(const auto existing, co_await IdOf(db, channel.name, deadline));
  if (existing) {
    YAP_CO_TRY(auto record, co_await GetChannel(db, *existing, deadline));
    co_return ChannelCreation{.created = false, .channel = std::move(record)};
  }
  YAP_CO_TRY(const auto claimed,
             co_await db.session->Execute(Sql::kClaimChannel, RowOf(channel), deadline));
  if (!claimed.Applied()) co_return IdTaken("channel");
  YAP_CO_TRY(const ChannelId owner, co_await ClaimName(db, channel, deadline));
  if (owner != channel.id) co_await DropOrphan(db, channel.id, deadline);
  YAP_CO_TRY(auto record, co_await GetChannel(db, owner, deadline));
  co_return ChannelCreation{.created = owner == channel.id, .channel = std::move(record)};
}

Task<ChannelRecord> GetChannel(Db& db, ChannelId id, Deadline deadline) {
  YAP_CO_TRY(const auto identity, co_await Identify(db, id, deadline));
  YAP_CO_TRY(const auto head, co_await FindHead(db, id, Freshness::kQuorum, deadline));
  YAP_CO_TRY_VOID(co_await EnsureProjected(db, id, head.changed, deadline));
  YAP_CO_TRY(const auto state, co_await ReadState(db, id, deadline));
  co_return RecordOf(id, *identity, state, head, db.epoch);
}

Task<ChannelRecord> FindChannel(Db& db, std::string name, Deadline deadline) {
  YAP_CO_TRY(const auto id, co_await IdOf(db, std::move(name), deadline));
  if (!id) co_return ChannelNotFound();
  co_return co_await GetChannel(db, *id, deadline);
}

Task<std::vector<ChannelRecord>> ListPublic(Db& db, std::string prefix, std::string after_name,
                                            std::size_t limit, Deadline deadline) {
  std::vector<ChannelRecord> out;
  std::string resume;
  const Values from = Values().Text(std::max(prefix, after_name));
  do {
    YAP_CO_TRY(auto page, co_await db.session->Page(Sql::kReadListed, from, kNamesPerRequest,
                                                    std::move(resume), deadline));
    Names names = Choose(page.rows, prefix, after_name);
    if (names.ids.size() > limit - out.size()) names.ids.resize(limit - out.size());
    YAP_CO_TRY(auto records, co_await LoadAll(db, std::move(names.ids), deadline));
    std::erase_if(records, [](const auto& r) { return r.kind != ChannelKind::kPublic; });
    std::ranges::move(records, std::back_inserter(out));
    resume = names.ended ? std::string() : std::move(page.next);
  } while (!resume.empty() && out.size() < limit);
  co_return out;
}

}  // namespace yap::store::scylla
