#include "store/scylla/internal/pending.h"

#include <functional>
#include <utility>

#include "store/scylla/internal/log.h"
#include "store/scylla/internal/projector.h"

namespace yap::store::scylla {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.
using drivers::Values;

namespace {

// Partitions of the marks: a partition is on one node, and a start of the cluster reads them all.
constexpr std::int32_t kShards = 16;
constexpr std::uint32_t kMarksPerRequest = 100;

// Stored, so not std::hash: ids are random, their low bits are as good as any.
std::int32_t ShardOf(ChannelId channel) {
  return static_cast<std::int32_t>(channel.value % kShards);
}

// A mark up to `seq`; one that a later append set stays.
Task<void> Lift(Db& db, ChannelId channel, Seq seq, Deadline deadline) {
  YAP_CO_TRY_VOID(co_await db.session->Execute(
      Sql::kDropPending, Values().BigInt(Signed(seq)).Int(ShardOf(channel)).BigInt(Signed(channel)),
      deadline));
  co_return Result<>();
}

// Marks that mean nothing, as the append never came to be, are lifted on the way.
Task<bool> IsPending(Db& db, ChannelId channel, Deadline deadline) {
  YAP_CO_TRY(const auto state, co_await ReadState(db, channel, deadline));
  YAP_CO_TRY(const auto head, co_await FindHead(db, channel, Freshness::kSerial, deadline));
  if (state.effects_done < head.effects) co_return true;
  YAP_CO_TRY_VOID(co_await Lift(db, channel, head.seq, deadline));
  co_return false;
}

Task<void> ListShard(Db& db, std::int32_t shard, std::size_t limit, std::vector<ChannelId>& out,
                     Deadline deadline) {
  std::string resume;
  do {
    YAP_CO_TRY(auto page, co_await db.session->Page(Sql::kReadPending, Values().Int(shard),
                                                    kMarksPerRequest, std::move(resume), deadline));
    for (const drivers::Row row : page.rows) {
      if (out.size() == limit) co_return Result<>();
      const auto channel = IdIn<ChannelId>(row, "ch");
      YAP_CO_TRY(const bool pending, co_await IsPending(db, channel, deadline));
      if (pending) out.push_back(channel);
    }
    resume = std::move(page.next);
  } while (!resume.empty());
  co_return Result<>();
}

}  // namespace

Task<void> MarkPending(Db& db, ChannelId channel, Seq seq, Deadline deadline) {
  YAP_CO_TRY_VOID(co_await db.session->Execute(Sql::kPutPending,
                                               Values()
                                                   .BigInt(Signed(seq))
                                                   .BigInt(Signed(seq))
                                                   .Int(ShardOf(channel))
                                                   .BigInt(Signed(channel)),
                                               deadline));
  co_return Result<>();
}

Task<std::vector<ChannelId>> ListPendingEffects(Db& db, std::size_t limit, Deadline deadline) {
  std::vector<ChannelId> out;
  for (std::int32_t shard = 0; shard < kShards && out.size() < limit; ++shard) {
    YAP_CO_TRY_VOID(co_await ListShard(db, shard, limit, out, deadline));
  }
  co_return out;
}

// The mark goes last: a crash in between leaves one that means nothing.
Task<void> MarkEffectsDone(Db& db, ChannelId channel, Seq seq, Deadline deadline) {
  YAP_CO_TRY_VOID(co_await Identify(db, channel, deadline));
  YAP_CO_TRY_VOID(co_await db.session->Execute(
      Sql::kPutEffectsDone,
      Values().BigInt(Signed(seq)).BigInt(Signed(seq)).BigInt(Signed(channel)), deadline));
  co_return co_await Lift(db, channel, seq, deadline);
}

}  // namespace yap::store::scylla
