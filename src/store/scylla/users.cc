#include <cstring>
#include <utility>

#include "base/log.h"
#include "base/parallel.h"
#include "core/reasons.h"
#include "store/errors.h"
#include "store/scylla/internal/accounts.h"

namespace yap::store::scylla {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.
using drivers::Row;
using drivers::Values;

namespace {

constexpr std::uint32_t kRowsPerRequest = 200;
// How often a change of an invitation that met another one is made again: each time one of the two
// has succeeded.
constexpr int kInviteTriesMax = 16;

UserRecord UserOf(const Row& row) {
  return {.id = IdIn<UserId>(row, "user_id"),
          .name = TextIn(row, "name"),
          .display_name = TextIn(row, "display_name"),
          .password_hash = TextIn(row, "password_hash"),
          .inbox = IdIn<ChannelId>(row, "inbox"),
          .create_time = TimeIn(row, "created"),
          .request_id = KeyIn(row, "request_id"),
          .admin = row.Boolean("admin").value_or(false),
          .locked = row.Boolean("locked").value_or(false),
          .version = NumberIn(row, "version")};
}

Values RowOf(const UserRecord& user) {
  return std::move(Values()
                       .BigInt(Signed(user.id))
                       .Text(user.name)
                       .Text(user.display_name)
                       .Text(user.password_hash)
                       .BigInt(Signed(user.inbox))
                       .Timestamp(user.create_time)
                       .Blob(user.request_id)
                       .Boolean(user.admin)
                       .Boolean(user.locked));
}

Task<std::optional<UserId>> IdOf(Db& db, std::string name, Deadline deadline) {
  YAP_CO_TRY(const auto rows,
             co_await db.session->Execute(Sql::kReadUserName, Values().Text(name), deadline));
  if (rows.empty()) co_return std::optional<UserId>();
  co_return IdIn<UserId>(rows.front(), "user_id");
}

// The row that nobody will ever find. Where it stays, it is in nobody's way.
asio::awaitable<void> DropOrphan(Db& db, UserId id, Deadline deadline) {
  const auto dropped =
      co_await db.session->Execute(Sql::kDropUser, Values().BigInt(Signed(id)), deadline);
  if (!dropped) log::Debug("a user without a name stays", {{"user", id.value}});
}

InviteRecord InviteOf(const Row& row) {
  InviteRecord invite{.code_hash = {},
                      .creator = IdIn<UserId>(row, "creator"),
                      .create_time = TimeIn(row, "created"),
                      .expire_time = TimeIn(row, "expires"),
                      .uses_left = static_cast<std::uint32_t>(row.Int("uses_left").value_or(0))};
  const auto hash = row.Blob("code_hash").value_or("");
  if (hash.size() == invite.code_hash.size()) {
    std::memcpy(invite.code_hash.data(), hash.data(), hash.size());
  }
  return invite;
}

Task<std::optional<InviteRecord>> FindInvite(Db& db, Digest code_hash, Deadline deadline) {
  YAP_CO_TRY(const auto rows,
             co_await db.session->Execute(Sql::kReadInvite, Values().Blob(code_hash), deadline));
  if (rows.empty()) co_return std::optional<InviteRecord>();
  co_return InviteOf(rows.front());
}

// False where somebody else was there first.
Task<bool> SetUses(Db& db, Digest code_hash, std::uint32_t from, std::uint32_t to,
                   Deadline deadline) {
  YAP_CO_TRY(const auto rows,
             co_await db.session->Execute(Sql::kSetInviteUses,
                                          Values()
                                              .Int(static_cast<std::int32_t>(to))
                                              .Blob(code_hash)
                                              .Int(static_cast<std::int32_t>(from)),
                                          deadline));
  co_return rows.Applied();
}

std::unexpected<Error> InviteBusy() {
  return Fail(Errc::kUnavailable, reason::kStoreUnavailable,
              "too many use this invitation at once; try again");
}

}  // namespace

// The row first, under an id that nobody knows; then the name, which decides.
Task<void> CreateUser(Db& db, UserRecord user, Deadline deadline) {
  YAP_CO_TRY(const auto existing, co_await IdOf(db, user.name, deadline));
  if (existing) co_return NameTaken();
  YAP_CO_TRY(const auto claimed,
             co_await db.session->Execute(Sql::kClaimUser, RowOf(user), deadline));
  if (!claimed.Applied()) co_return IdTaken("user");
  // Before the name is taken: the list may name who is not there, and misses nobody.
  YAP_CO_TRY_VOID(
      co_await db.session->Execute(Sql::kPutUserList, Values().Text(user.name), deadline));
  YAP_CO_TRY(const auto named,
             co_await db.session->Execute(
                 Sql::kClaimUserName, Values().Text(user.name).BigInt(Signed(user.id)), deadline));
  if (named.Applied()) co_return Result<>();
  co_await DropOrphan(db, user.id, deadline);
  co_return NameTaken();
}

Task<UserRecord> GetUser(Db& db, UserId id, Deadline deadline) {
  YAP_CO_TRY(const auto rows,
             co_await db.session->Execute(Sql::kReadUser, Values().BigInt(Signed(id)), deadline));
  if (rows.empty()) co_return UserNotFound();
  co_return UserOf(rows.front());
}

Task<UserRecord> FindUser(Db& db, std::string name, Deadline deadline) {
  YAP_CO_TRY(const auto id, co_await IdOf(db, std::move(name), deadline));
  if (!id) co_return UserNotFound();
  co_return co_await GetUser(db, *id, deadline);
}

Task<void> UpdateUser(Db& db, UserRecord user, Deadline deadline) {
  YAP_CO_TRY(const auto rows, co_await db.session->Execute(Sql::kUpdateUser,
                                                           Values()
                                                               .Text(user.display_name)
                                                               .Text(user.password_hash)
                                                               .Boolean(user.admin)
                                                               .Boolean(user.locked)
                                                               .BigInt(Signed(user.version + 1))
                                                               .BigInt(Signed(user.id))
                                                               .BigInt(Signed(user.version)),
                                                           deadline));
  if (rows.Applied()) co_return Result<>();
  if (rows.empty() || !rows.front().Has("version")) co_return UserNotFound();
  co_return VersionMoved();
}

Task<std::vector<UserRecord>> ListUsers(Db& db, std::string after_name, std::size_t limit,
                                        Deadline deadline) {
  std::vector<UserRecord> out;
  std::string resume;
  do {
    const auto rows_max =
        static_cast<std::uint32_t>(std::min<std::size_t>(kRowsPerRequest, limit - out.size()));
    YAP_CO_TRY(auto page, co_await db.session->Page(Sql::kReadUserList, Values().Text(after_name),
                                                    rows_max, std::move(resume), deadline));
    std::vector<Task<UserRecord>> todo;
    for (const Row row : page.rows) todo.push_back(FindUser(db, TextIn(row, "name"), deadline));
    for (auto& user : co_await AwaitAll(std::move(todo), kParallelMax)) {
      if (user) out.push_back(*std::move(user));
      if (!user && user.error().code != Errc::kNotFound) co_return Fail(user.error());
    }
    resume = std::move(page.next);
  } while (!resume.empty() && out.size() < limit);
  co_return out;
}

Task<void> CreateInvite(Db& db, InviteRecord invite, Deadline deadline) {
  YAP_CO_TRY(const auto rows,
             co_await db.session->Execute(Sql::kPutInvite,
                                          Values()
                                              .Blob(invite.code_hash)
                                              .BigInt(Signed(invite.creator))
                                              .Timestamp(invite.create_time)
                                              .Timestamp(invite.expire_time)
                                              .Int(static_cast<std::int32_t>(invite.uses_left)),
                                          deadline));
  if (!rows.Applied()) co_return IdTaken("invitation");
  co_return Result<>();
}

Task<void> UseInvite(Db& db, Digest code_hash, WallTime now, Deadline deadline) {
  for (int tries = 0; tries < kInviteTriesMax; ++tries) {
    YAP_CO_TRY(const auto invite, co_await FindInvite(db, code_hash, deadline));
    const bool good = invite && invite->uses_left > 0 && invite->expire_time > now;
    if (!good) co_return InviteInvalid();
    const std::uint32_t uses = invite->uses_left;
    YAP_CO_TRY(const bool done, co_await SetUses(db, code_hash, uses, uses - 1, deadline));
    if (done) co_return Result<>();
  }
  co_return InviteBusy();
}

Task<void> ReturnInvite(Db& db, Digest code_hash, Deadline deadline) {
  for (int tries = 0; tries < kInviteTriesMax; ++tries) {
    YAP_CO_TRY(const auto invite, co_await FindInvite(db, code_hash, deadline));
    if (!invite) co_return Result<>();
    const std::uint32_t uses = invite->uses_left;
    YAP_CO_TRY(const bool done, co_await SetUses(db, code_hash, uses, uses + 1, deadline));
    if (done) co_return Result<>();
  }
  co_return InviteBusy();
}

Task<void> WithdrawInvite(Db& db, Digest code_hash, Deadline deadline) {
  YAP_CO_TRY(const auto rows,
             co_await db.session->Execute(Sql::kDropInvite, Values().Blob(code_hash), deadline));
  if (!rows.Applied()) co_return InviteInvalid();
  co_return Result<>();
}

Task<std::vector<InviteRecord>> ListInvites(Db& db, Deadline deadline) {
  std::vector<InviteRecord> out;
  std::string resume;
  do {
    YAP_CO_TRY(auto page, co_await db.session->Page(Sql::kReadInvites, Values(), kRowsPerRequest,
                                                    std::move(resume), deadline));
    for (const Row row : page.rows) out.push_back(InviteOf(row));
    resume = std::move(page.next);
  } while (!resume.empty());
  co_return out;
}

}  // namespace yap::store::scylla
