#include <algorithm>
#include <map>
#include <utility>

#include "base/parallel.h"
#include "core/limits.h"
#include "core/projection.h"
#include "store/errors.h"
#include "store/scylla/internal/channels.h"
#include "store/scylla/internal/log.h"
#include "store/scylla/internal/projector.h"

namespace yap::store::scylla {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.
using drivers::Row;
using drivers::Values;

namespace {

constexpr std::uint32_t kMembersPerRequest = 1'000;
constexpr std::uint32_t kJoinedPerRequest = 200;

using MemberRows = std::map<UserId, MemberRow>;

Role RoleAt(const Row& row) { return static_cast<Role>(row.TinyInt("role").value_or(0)); }

Task<MemberRows> ReadMembers(Db& db, ChannelId channel, Deadline deadline) {
  MemberRows members;
  std::string resume;
  do {
    YAP_CO_TRY(auto page,
               co_await db.session->Page(Sql::kReadMembers, Values().BigInt(Signed(channel)),
                                         kMembersPerRequest, std::move(resume), deadline));
    for (const Row row : page.rows) {
      MemberRow member = DecodeMember(row);
      members.insert_or_assign(member.record.user, std::move(member));
    }
    resume = std::move(page.next);
  } while (!resume.empty());
  co_return members;
}

// Brings rows, each as of its own event, to what they are after a later event.
class Fold {
 public:
  Fold(MemberRows& members, Seq seq) : members_(members), seq_(seq) {}

  void operator()(const SetMember& p) {
    MemberRow* row = Behind(p.member.user);
    if (row == nullptr) return;
    row->record.username = p.member.username;
    row->record.role = p.role;
    row->record.banned = false;
    if (p.joined || row->record.joined_seq == Seq()) row->record.joined_seq = p.seq;
  }
  void operator()(const DropMember& p) {
    MemberRow* row = Behind(p.user);
    if (row == nullptr) return;
    row->record = {.user = p.user, .username = p.banned ? p.username : "", .banned = p.banned};
  }
  void operator()(const SetChannel&) {}
  void operator()(const SetRead&) {}

 private:
  // The user's row, moved to this event; null where it knows the event already.
  MemberRow* Behind(UserId user) {
    MemberRow& row = members_[user];
    if (row.seq >= seq_) return nullptr;
    row.seq = seq_;
    row.record.user = user;
    return &row;
  }
  MemberRows& members_;
  const Seq seq_;
};

Task<void> FoldEvents(Db& db, ChannelId channel, Seq from, Seq to, MemberRows& members,
                      Deadline deadline) {
  while (from < to) {
    YAP_CO_TRY(const auto events,
               co_await ReadRange(db, channel, from, to, kReadPageMax, deadline));
    for (const EventPtr& event : events) {
      for (const Projection& p : ProjectionsOf(*event)) std::visit(Fold(members, event->seq), p);
    }
    from = events.back()->seq;
  }
  co_return Result<>();
}

Task<Actor> PeerOf(Db& db, ChannelId channel, UserId user, Deadline deadline) {
  YAP_CO_TRY(const auto members, co_await ReadMembers(db, channel, deadline));
  for (const auto& [id, row] : members) {
    if (id != user) co_return Actor{id, row.record.username};
  }
  co_return Actor{};
}

// The user's place in one channel of the list, if it has one.
Task<std::optional<JoinedRecord>> JoinedIn(Db& db, UserId user, ChannelId channel,
                                           Deadline deadline) {
  YAP_CO_TRY(auto record, co_await GetChannel(db, channel, deadline));
  YAP_CO_TRY(const auto rows, co_await db.session->Execute(
                                  Sql::kReadJoinedOne,
                                  Values().BigInt(Signed(user)).BigInt(Signed(channel)), deadline));
  const bool joined = !rows.empty() && RoleAt(rows.front()) != Role::kNone;
  if (!joined || record.kind == ChannelKind::kInbox) co_return std::optional<JoinedRecord>();
  const Row row = rows.front();
  JoinedRecord out{.channel = std::move(record),
                   .role = RoleAt(row),
                   .joined_seq = IdIn<Seq>(row, "joined_seq"),
                   .read_seq = IdIn<Seq>(row, "read_seq"),
                   .read_countable = NumberIn(row, "read_countable"),
                   .peer = {}};
  if (out.channel.kind == ChannelKind::kDirect) {
    YAP_CO_TRY(out.peer, co_await PeerOf(db, channel, user, deadline));
  }
  co_return out;
}

// Those of a page of the user's channels.
Task<std::vector<std::optional<JoinedRecord>>> JoinedOf(Db& db, UserId user, drivers::Rows rows,
                                                        Deadline deadline) {
  std::vector<Task<std::optional<JoinedRecord>>> todo;
  for (const Row row : rows) {
    if (RoleAt(row) == Role::kNone) continue;
    todo.push_back(JoinedIn(db, user, IdIn<ChannelId>(row, "ch"), deadline));
  }
  return AwaitAllOk(std::move(todo), kParallelMax);
}

}  // namespace

Task<std::vector<JoinedRecord>> ListJoined(Db& db, UserId user, ChannelId after, std::size_t limit,
                                           Deadline deadline) {
  std::vector<JoinedRecord> out;
  std::string resume;
  const Values from = Values().BigInt(Signed(user)).BigInt(Signed(after));
  do {
    const auto rows_max =
        static_cast<std::uint32_t>(std::min<std::size_t>(kJoinedPerRequest, limit - out.size()));
    YAP_CO_TRY(auto page, co_await db.session->Page(Sql::kReadJoined, from, rows_max,
                                                    std::move(resume), deadline));
    YAP_CO_TRY(auto joined, co_await JoinedOf(db, user, page.rows, deadline));
    for (auto& one : joined) {
      if (one) out.push_back(*std::move(one));
    }
    resume = std::move(page.next);
  } while (!resume.empty() && out.size() < limit);
  co_return out;
}

Task<std::vector<MemberRecord>> ListMembers(Db& db, ChannelId channel, std::string after_name,
                                            std::size_t limit, Deadline deadline) {
  YAP_CO_TRY(const auto head, co_await FindHead(db, channel, Freshness::kQuorum, deadline));
  YAP_CO_TRY_VOID(co_await EnsureProjected(db, channel, head.changed, deadline));
  std::vector<MemberRecord> out;
  std::string resume;
  const Values from = Values().BigInt(Signed(channel)).Text(after_name);
  do {
    const auto rows_max =
        static_cast<std::uint32_t>(std::min<std::size_t>(kMembersPerRequest, limit - out.size()));
    YAP_CO_TRY(auto page, co_await db.session->Page(Sql::kReadMemberNames, from, rows_max,
                                                    std::move(resume), deadline));
    for (const Row row : page.rows) {
      if (RoleAt(row) != Role::kNone) out.push_back(DecodeMember(row).record);
    }
    resume = std::move(page.next);
  } while (!resume.empty() && out.size() < limit);
  co_return out;
}

// One after the other: a row that was read before the checkpoint was compared may be older than it.
Task<MemberRecord> GetMember(Db& db, ChannelId channel, UserId user, Deadline deadline) {
  YAP_CO_TRY(const auto head, co_await FindHead(db, channel, Freshness::kQuorum, deadline));
  YAP_CO_TRY_VOID(co_await EnsureProjected(db, channel, head.changed, deadline));
  YAP_CO_TRY(const auto rows, co_await db.session->Execute(
                                  Sql::kReadMember,
                                  Values().BigInt(Signed(channel)).BigInt(Signed(user)), deadline));
  if (!rows.empty()) co_return DecodeMember(rows.front()).record;
  MemberRecord stranger;
  stranger.user = user;
  co_return stranger;
}

// The member after the head: not as of an earlier one.
Task<ChannelAccess> GetAccess(Db& db, ChannelId channel, UserId user, Deadline deadline) {
  YAP_CO_TRY(auto record, co_await GetChannel(db, channel, deadline));
  YAP_CO_TRY(record.head, co_await ReadHead(db, channel, deadline));
  YAP_CO_TRY(auto member, co_await GetMember(db, channel, user, deadline));
  co_return ChannelAccess{std::move(record), std::move(member)};
}

// All as of one head: the rows are read before it, and those that are behind it then are brought up
// to it by the events in between.
Task<ChannelSnapshot> LoadChannel(Db& db, ChannelId channel, Deadline deadline) {
  YAP_CO_TRY_VOID(co_await Identify(db, channel, deadline));
  YAP_CO_TRY(const auto before, co_await FindHead(db, channel, Freshness::kSerial, deadline));
  YAP_CO_TRY_VOID(co_await EnsureProjected(db, channel, before.changed, deadline));
  YAP_CO_TRY(auto members, co_await ReadMembers(db, channel, deadline));
  YAP_CO_TRY(auto record, co_await GetChannel(db, channel, deadline));
  const Seq head = record.head.seq;
  YAP_CO_TRY_VOID(co_await FoldEvents(db, channel, before.seq, head, members, deadline));
  ChannelSnapshot snapshot{.channel = std::move(record), .members = {}};
  for (auto& [id, row] : members) {
    const bool known = row.record.role != Role::kNone || row.record.banned;
    if (known) snapshot.members.push_back(std::move(row.record));
  }
  co_return snapshot;
}

}  // namespace yap::store::scylla
