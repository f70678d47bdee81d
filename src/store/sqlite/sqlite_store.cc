#include "store/sqlite/sqlite_store.h"

#include <fmt/format.h>

#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "core/limits.h"
#include "store/sqlite/internal/files.h"
#include "store/sqlite/internal/generation.h"
#include "store/sqlite/internal/queries.h"
#include "store/sqlite/internal/schema.h"
#include "store/sqlite/internal/workers.h"

namespace yap::store {
namespace sqlite {
namespace {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.

// Every connection has:
//  busy_timeout 1 s: only foreign programs (the sqlite3 shell) can be in the way; within the two
//   seconds in which a store that is down has to be noticed.
//  foreign_keys OFF: there are none; what hangs together is written in one transaction.
//  mmap_size 0: an I/O error in a mapping is a signal, not an error code.
//  temp_store MEMORY: sorts are small, and a full disk must not fail a read.
//  cell_size_check ON: damage is met as SQLITE_CORRUPT instead of as nonsense.
//  trusted_schema OFF: nothing hidden in a restored file's schema runs.
constexpr const char* kCommonPragmas =
    "PRAGMA busy_timeout = 1000; PRAGMA foreign_keys = OFF; PRAGMA mmap_size = 0;"
    "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF;";
// The writer besides:
//  wal_autocheckpoint 0: Writer::MaybeCheckpoint does it after answering, and sees its errors.
//  journal_size_limit 64 MiB: what a long read made the write-ahead log grow to is given back.
//  cache_size 32 MiB: the inner pages of the trees, and a batch's dirty pages without spilling.
constexpr const char* kWriterPragmas =
    "PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864;"
    "PRAGMA cache_size = -32768;";
// Readers besides: query_only, and 8 MiB each, because the system caches the rest.
constexpr const char* kReaderPragmas = "PRAGMA query_only = ON; PRAGMA cache_size = -8192;";

Connection OpenWriter(const SqliteOptions& options) {
  Connection sql(options.path, options.vfs, OpenMode::kReadWrite);
  sql.Exec(kCommonPragmas);
  sql.Exec(kWriterPragmas);
  sql.Exec(options.sync == Sync::kFull ? "PRAGMA synchronous = FULL"
                                       : "PRAGMA synchronous = NORMAL");
  return sql;
}

std::vector<Connection> OpenReaders(const SqliteOptions& options) {
  std::vector<Connection> readers;
  for (std::size_t i = 0; i < options.readers; ++i) {
    Connection& sql = readers.emplace_back(options.path, options.vfs, OpenMode::kReadWrite);
    sql.Exec(kCommonPragmas);
    sql.Exec(kReaderPragmas);
  }
  return readers;
}

Result<> UseWriteAheadLog(Connection& sql, const Path& path) {
  const std::string mode = sql.Text("PRAGMA journal_mode = WAL");
  if (mode == "wal") return {};
  return Fail(Errc::kFailedPrecondition, "STORE_CANNOT_OPEN",
              fmt::format("{}: its file system cannot hold SQLite's write-ahead log (journal mode "
                          "stays \"{}\"); use a local disk",
                          path.string(), mode));
}

// The last steps on the file before calls come.
Result<Epoch> Prepare(Connection& sql, const SqliteOptions& options) {
  // First of all, and before anything is written: is it ours?
  YAP_TRY_VOID(CheckIdentity(sql, options.path, Migrations()));
  YAP_TRY_VOID(UseWriteAheadLog(sql, options.path));
  YAP_TRY_VOID(Migrate(sql, options.path, Migrations(), options.clock->Now()));
  return EnterGeneration(sql, options.path, *options.random);
}

class SqliteStore final : public StoreBase {
 public:
  SqliteStore(SqliteOptions options, ProcessLock lock, Connection writer,
              std::vector<Connection> readers, Epoch epoch)
      : options_(std::move(options)),
        lock_(std::move(lock)),
        fatal_(options_.path, options_.on_fatal),
        sql_(std::move(writer)),
        writer_(sql_, options_.path, epoch, fatal_, *options_.clock),
        readers_(std::move(readers), epoch, fatal_, *options_.clock) {}

  ~SqliteStore() override {
    readers_.Stop();
    writer_.Stop();
    if (fatal_.reported()) {
      // Closing must not try the failed disk again.
      sqlite3_db_config(sql_.raw(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    } else {
      Leave();
    }
  }

  // --- EventLog ---
  Writers writers() const override { return Writers::kThisProcess; }  // It holds the lock.
  Task<std::vector<Appended>> Append(ChannelId channel, std::vector<Draft> drafts,
                                     Seq expected_head, Deadline deadline) override {
    YAP_CHECK(!drafts.empty() && drafts.size() <= kAppendBatchMax);
    return OnWriter<std::vector<Appended>>(
        deadline, [channel, drafts = std::move(drafts), expected_head](Db& db) {
          return sqlite::Append(db, channel, drafts, expected_head);
        });
  }
  Task<EventPage> Read(ChannelId channel, Seq after, std::size_t limit,
                       Deadline deadline) override {
    YAP_CHECK(limit >= 1 && limit <= kReadPageMax);
    return OnReader<EventPage>(deadline,
                               [=](Db& db) { return sqlite::Read(db, channel, after, limit); });
  }
  Task<Head> ReadHead(ChannelId channel, Deadline deadline) override {
    return OnReader<Head>(deadline, [=](Db& db) { return sqlite::ReadHead(db, channel); });
  }
  Task<std::optional<KeyMatch>> FindKey(ChannelId channel, UserId user, ClientKey key, Seq,
                                        Deadline deadline) override {
    return OnReader<std::optional<KeyMatch>>(
        deadline, [=](Db& db) { return sqlite::FindKey(db, channel, user, key); });
  }

  // --- UserStore ---
  Task<void> CreateUser(UserRecord user, Deadline deadline) override {
    return OnWriter<void>(
        deadline, [user = std::move(user)](Db& db) { return sqlite::CreateUser(db, user); });
  }
  Task<UserRecord> GetUser(UserId id, Deadline deadline) override {
    return OnReader<UserRecord>(deadline, [=](Db& db) { return sqlite::GetUser(db, id); });
  }
  Task<UserRecord> FindUser(std::string name, Deadline deadline) override {
    return OnReader<UserRecord>(
        deadline, [name = std::move(name)](Db& db) { return sqlite::FindUser(db, name); });
  }
  Task<void> UpdateUser(UserRecord user, Deadline deadline) override {
    return OnWriter<void>(
        deadline, [user = std::move(user)](Db& db) { return sqlite::UpdateUser(db, user); });
  }
  Task<std::vector<UserRecord>> ListUsers(std::string after_name, std::size_t limit,
                                          Deadline deadline) override {
    return OnReader<std::vector<UserRecord>>(deadline,
                                             [after_name = std::move(after_name), limit](Db& db) {
                                               return sqlite::ListUsers(db, after_name, limit);
                                             });
  }
  Task<void> CreateInvite(InviteRecord invite, Deadline deadline) override {
    return OnWriter<void>(deadline, [=](Db& db) { return sqlite::CreateInvite(db, invite); });
  }
  Task<void> UseInvite(Digest code_hash, WallTime now, Deadline deadline) override {
    return OnWriter<void>(deadline, [=](Db& db) { return sqlite::UseInvite(db, code_hash, now); });
  }
  Task<void> ReturnInvite(Digest code_hash, Deadline deadline) override {
    return OnWriter<void>(deadline, [=](Db& db) {
      sqlite::ReturnInvite(db, code_hash);
      return Result<>();
    });
  }
  Task<void> WithdrawInvite(Digest code_hash, Deadline deadline) override {
    return OnWriter<void>(deadline, [=](Db& db) { return sqlite::WithdrawInvite(db, code_hash); });
  }
  Task<std::vector<InviteRecord>> ListInvites(Deadline deadline) override {
    return OnReader<std::vector<InviteRecord>>(deadline,
                                               [](Db& db) { return sqlite::ListInvites(db); });
  }

  // --- SessionStore ---
  Task<std::vector<SessionId>> CreateSession(SessionRecord session, std::size_t per_user_max,
                                             Deadline deadline) override {
    YAP_CHECK(per_user_max >= 1);
    return OnWriter<std::vector<SessionId>>(
        deadline, [session = std::move(session), per_user_max](Db& db) {
          return sqlite::CreateSession(db, session, per_user_max);
        });
  }
  Task<SessionRecord> GetSession(SessionId id, Deadline deadline) override {
    return OnReader<SessionRecord>(deadline, [=](Db& db) { return sqlite::GetSession(db, id); });
  }
  Task<void> AdvanceSession(SessionId id, std::uint64_t expected, WallTime used,
                            std::string address, Deadline deadline) override {
    return OnWriter<void>(deadline, [=, address = std::move(address)](Db& db) {
      return sqlite::AdvanceSession(db, id, expected, used, address);
    });
  }
  Task<std::vector<SessionRecord>> ListSessions(UserId user, Deadline deadline) override {
    return OnReader<std::vector<SessionRecord>>(
        deadline, [=](Db& db) { return sqlite::ListSessions(db, user); });
  }
  Task<void> DeleteSessions(std::vector<SessionId> ids, Deadline deadline) override {
    return OnWriter<void>(deadline, [ids = std::move(ids)](Db& db) {
      sqlite::DeleteSessions(db, ids);
      return Result<>();
    });
  }
  Task<void> PutAccess(AccessRecord access, Deadline deadline) override {
    return OnWriter<void>(deadline, [=](Db& db) {
      sqlite::PutAccess(db, access);
      return Result<>();
    });
  }
  Task<AccessRecord> FindAccess(Digest token_hash, Deadline deadline) override {
    return OnReader<AccessRecord>(deadline,
                                  [=](Db& db) { return sqlite::FindAccess(db, token_hash); });
  }
  Task<std::vector<SessionId>> Sweep(WallTime now, WallTime idle_since, WallTime created_before,
                                     Deadline deadline) override {
    return OnWriter<std::vector<SessionId>>(
        deadline, [=](Db& db) { return sqlite::Sweep(db, now, idle_since, created_before); });
  }

  // --- ChannelStore ---
  Task<ChannelCreation> CreateChannel(ChannelRecord channel, Deadline deadline) override {
    return OnWriter<ChannelCreation>(deadline, [channel = std::move(channel)](Db& db) {
      return sqlite::CreateChannel(db, channel);
    });
  }
  Task<ChannelRecord> GetChannel(ChannelId id, Deadline deadline) override {
    return OnReader<ChannelRecord>(deadline, [=](Db& db) { return sqlite::GetChannel(db, id); });
  }
  Task<ChannelRecord> FindChannel(std::string name, Deadline deadline) override {
    return OnReader<ChannelRecord>(
        deadline, [name = std::move(name)](Db& db) { return sqlite::FindChannel(db, name); });
  }
  Task<std::vector<ChannelRecord>> ListPublic(std::string prefix, std::string after_name,
                                              std::size_t limit, Deadline deadline) override {
    return OnReader<std::vector<ChannelRecord>>(
        deadline, [prefix = std::move(prefix), after_name = std::move(after_name), limit](Db& db) {
          return sqlite::ListPublic(db, prefix, after_name, limit);
        });
  }
  Task<std::vector<JoinedRecord>> ListJoined(UserId user, ChannelId after, std::size_t limit,
                                             Deadline deadline) override {
    return OnReader<std::vector<JoinedRecord>>(
        deadline, [=](Db& db) { return sqlite::ListJoined(db, user, after, limit); });
  }
  Task<std::vector<MemberRecord>> ListMembers(ChannelId channel, std::string after_name,
                                              std::size_t limit, Deadline deadline) override {
    return OnReader<std::vector<MemberRecord>>(
        deadline, [channel, after_name = std::move(after_name), limit](Db& db) {
          return sqlite::ListMembers(db, channel, after_name, limit);
        });
  }
  Task<MemberRecord> GetMember(ChannelId channel, UserId user, Deadline deadline) override {
    return OnReader<MemberRecord>(deadline,
                                  [=](Db& db) { return sqlite::GetMember(db, channel, user); });
  }
  Task<ChannelAccess> GetAccess(ChannelId channel, UserId user, Deadline deadline) override {
    return OnReader<ChannelAccess>(deadline,
                                   [=](Db& db) { return sqlite::GetAccess(db, channel, user); });
  }
  Task<ChannelSnapshot> LoadChannel(ChannelId channel, Deadline deadline) override {
    return OnReader<ChannelSnapshot>(deadline,
                                     [=](Db& db) { return sqlite::LoadChannel(db, channel); });
  }
  Task<std::vector<ChannelId>> ListPendingEffects(std::size_t limit, Deadline deadline) override {
    return OnReader<std::vector<ChannelId>>(
        deadline, [=](Db& db) { return sqlite::ListPendingEffects(db, limit); });
  }
  Task<void> MarkEffectsDone(ChannelId channel, Seq seq, Deadline deadline) override {
    return OnWriter<void>(deadline,
                          [=](Db& db) { return sqlite::MarkEffectsDone(db, channel, seq); });
  }

 private:
  template <class T, class Work>
  Task<T> OnWriter(Deadline deadline, Work work) {
    return FromCallback<T>([this, deadline, work = std::move(work)](Callback<T> done) mutable {
      writer_.Submit(MakeJob<T>(deadline, std::move(work), std::move(done)));
    });
  }
  template <class T, class Work>
  Task<T> OnReader(Deadline deadline, Work work) {
    return FromCallback<T>([this, deadline, work = std::move(work)](Callback<T> done) mutable {
      readers_.Submit(MakeJob<T>(deadline, std::move(work), std::move(done)));
    });
  }

  void Leave() {
    try {
      const auto left = RaiseGeneration(sql_, options_.path);
      if (!left) log::Warning("the store was not closed cleanly", {{"why", left.error().message}});
    } catch (const SqliteError& e) {
      log::Warning("the store was not closed cleanly", {{"why", e.what()}});
    }
  }

  const SqliteOptions options_;
  const ProcessLock lock_;

  Fatal fatal_;
  Connection sql_;  // The writer's thread's while that runs.
  Writer writer_;
  Readers readers_;
};

Result<std::unique_ptr<Store>> Open(SqliteOptions options) {
  YAP_CHECK(!options.path.empty() && options.readers >= 1);
  YAP_TRY(ProcessLock lock, ProcessLock::Take(options.path));
  YAP_TRY_VOID(CheckNotLost(options.path));
  YAP_TRY_VOID(CreatePrivate(options.path));
  try {
    Connection writer = OpenWriter(options);
    YAP_TRY(const Epoch epoch, Prepare(writer, options));
    std::vector<Connection> readers = OpenReaders(options);
    return std::make_unique<SqliteStore>(std::move(options), std::move(lock), std::move(writer),
                                         std::move(readers), epoch);
  } catch (const SqliteError& e) {
    return Fail(ToOpenError(e, options.path));
  }
}

}  // namespace
}  // namespace sqlite

Result<std::unique_ptr<Store>> OpenSqliteStore(SqliteOptions options) {
  return sqlite::Open(std::move(options));
}

}  // namespace yap::store
