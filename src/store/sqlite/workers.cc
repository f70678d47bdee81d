#include "store/sqlite/internal/workers.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/log.h"
#include "core/reasons.h"
#include "store/sqlite/internal/generation.h"

namespace yap::store::sqlite {
namespace {

// As the pragma of every connection says (sqlite_store.cc).
constexpr int kBusyMilliseconds = 1000;

Error Expired() {
  return MakeError(Errc::kDeadlineExceeded, core::reason::kDeadline,
                   "the store was busy until the deadline; nothing was done");
}
Error StoreFailed() {
  return MakeError(Errc::kUnavailable, core::reason::kStoreUnavailable,
                   "the store has failed; the server is about to start again");
}

void RefuseOverflow(const JobPtr& job, const char* queue) {
  metrics::NewCounter("yap_store_refused_total",
                      "Calls refused because a queue of the store was "
                      "full.",
                      {{"queue", queue}})
      .Add();
  job->Refuse(MakeError(Errc::kResourceExhausted, core::reason::kQueueFull,
                        "too many calls wait for the store; try again in a moment")
                  .RetryAfter(std::chrono::milliseconds(200)));
}

// SQLite calls this after each commit with the pages that are in the write-ahead log.
int KeepPageCount(void* out, sqlite3*, const char*, int pages) {
  *static_cast<int*>(out) = pages;
  return SQLITE_OK;
}

}  // namespace

// --- Writer ---

Writer::Writer(Connection& sql, Path database, core::Epoch epoch, Fatal& fatal, Clock& clock)
    : sql_(sql),
      database_(std::move(database)),
      fatal_(fatal),
      clock_(clock),
      commit_seconds_(metrics::NewHistogram("yap_store_commit_seconds",
                                            "Duration of one commit of the store, fsync included.",
                                            {}, metrics::LatencyBounds())),
      jobs_done_(metrics::NewCounter("yap_store_committed_calls_total",
                                     "Calls that changed the store, answered after a commit.")),
      db_{sql, epoch},
      generation_raised_(clock.Mono()) {
  sqlite3_wal_hook(sql_.raw(), KeepPageCount, &wal_pages_);
  thread_ = std::jthread([this] { Loop(); });
}

Writer::~Writer() { Stop(); }

void Writer::Submit(JobPtr job) {
  if (!queue_.TryPush(std::move(job))) RefuseOverflow(job, "write");
}

void Writer::Stop() {
  queue_.Close();
  if (!thread_.joinable()) return;
  thread_.join();
  sqlite3_wal_hook(sql_.raw(), nullptr, nullptr);
}

void Writer::Loop() {
  while (true) {
    std::vector<JobPtr> jobs = queue_.PopSome(kJobsPerCommitMax);
    if (jobs.empty()) return;
    std::erase_if(jobs, [this](const JobPtr& job) {
      if (!job->deadline().Expired(clock_)) return false;
      job->Refuse(Expired());
      return true;
    });
    if (!jobs.empty()) RunAll(jobs);
    MaybeRaiseGeneration();
    MaybeCheckpoint();
  }
}

void Writer::RunAll(std::span<JobPtr> jobs) {
  if (fatal_.reported()) {
    for (const JobPtr& job : jobs) job->Refuse(StoreFailed());
    return;
  }
  try {
    Commit(jobs);
  } catch (const SqliteError& e) {
    Recover(e, jobs);
    return;
  }
  // A reader may have met damage meanwhile: nothing is acknowledged after that.
  for (const JobPtr& job : jobs) fatal_.reported() ? job->Refuse(StoreFailed()) : job->Answer();
  jobs_done_.Add(static_cast<double>(jobs.size()));
}

void Writer::Commit(std::span<JobPtr> jobs) {
  const MonoTime begin = clock_.Mono();
  Transaction transaction(sql_, "BEGIN IMMEDIATE");
  for (const JobPtr& job : jobs) job->Run(db_);
  transaction.Commit();
  commit_seconds_.Observe(std::chrono::duration<double>(clock_.Mono() - begin).count());
}

// The transaction is rolled back: none of `jobs` is stored. One of them may be to blame (it does
// not fit on the disk, it violates a constraint), so each gets a transaction of its own.
void Writer::Recover(const SqliteError& e, std::span<JobPtr> jobs) {
  if (EndsWriting(e)) fatal_.Report(e);
  const bool alone = jobs.size() == 1 || e.primary() == SQLITE_BUSY;
  if (!alone || fatal_.reported()) {
    for (JobPtr& job : jobs) RunAll({&job, 1});
    return;
  }
  log::Warning("a write failed", {{"why", e.what()}});
  for (const JobPtr& job : jobs) job->Refuse(ToError(e));
}

// Here instead of SQLite's own automatic one, which would make the last caller wait for it and
// would swallow a failed fsync. What it cannot finish because of a reader, the next one does.
void Writer::MaybeCheckpoint() {
  if (wal_pages_ < kCheckpointPages || fatal_.reported()) return;
  const int pages = std::exchange(wal_pages_, 0);
  if (pages < kForcedCheckpointPages) force_at_pages_ = kForcedCheckpointPages;
  const bool forced = pages >= force_at_pages_;
  const int code = Checkpoint(forced ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE);
  const bool busy = (code & 0xff) == SQLITE_BUSY;
  if (forced && busy) force_at_pages_ = pages + kCheckpointPages;
  if (code == SQLITE_OK || busy) return;
  const SqliteError e(code, std::string("checkpoint: ") + sqlite3_errmsg(sql_.raw()));
  log::Warning("a checkpoint failed", {{"why", e.what()}});
  if (EndsWriting(e)) fatal_.Report(e);
}

int Writer::Checkpoint(int mode) {
  if (mode == SQLITE_CHECKPOINT_PASSIVE) {
    return sqlite3_wal_checkpoint_v2(sql_.raw(), nullptr, mode, nullptr, nullptr);
  }
  sqlite3_busy_timeout(sql_.raw(), static_cast<int>(kForcedCheckpointMax.count()));
  const int code = sqlite3_wal_checkpoint_v2(sql_.raw(), nullptr, mode, nullptr, nullptr);
  sqlite3_busy_timeout(sql_.raw(), kBusyMilliseconds);
  return code;
}

// Behind a commit, so that nothing happens in a store that nobody writes to.
void Writer::MaybeRaiseGeneration() {
  const MonoTime now = clock_.Mono();
  if (now - generation_raised_ < kGenerationInterval || fatal_.reported()) return;
  generation_raised_ = now;
  try {
    if (const auto raised = RaiseGeneration(sql_, database_); !raised) {
      log::Warning("the generation could not be raised", {{"why", raised.error().message}});
    }
  } catch (const SqliteError& e) {
    log::Warning("the generation could not be raised", {{"why", e.what()}});
    if (EndsWriting(e)) fatal_.Report(e);
  }
}

// --- Readers ---

Readers::Readers(std::vector<Connection> connections, core::Epoch epoch, Fatal& fatal, Clock& clock)
    : epoch_(epoch), fatal_(fatal), clock_(clock), connections_(std::move(connections)) {
  for (Connection& sql : connections_) {
    threads_.emplace_back([this, &sql] { Loop(sql); });
  }
}

Readers::~Readers() { Stop(); }

void Readers::Submit(JobPtr job) {
  if (!queue_.TryPush(std::move(job))) RefuseOverflow(job, "read");
}

void Readers::Stop() {
  queue_.Close();
  threads_.clear();
}

void Readers::Loop(Connection& sql) {
  Db db{sql, epoch_};
  while (true) {
    const std::vector<JobPtr> jobs = queue_.PopSome(1);
    if (jobs.empty()) return;
    if (jobs.front()->deadline().Expired(clock_)) {
      jobs.front()->Refuse(Expired());
    } else {
      Run(db, *jobs.front());
    }
  }
}

void Readers::Run(Db& db, Job& job) {
  try {
    Transaction snapshot(db.sql, "BEGIN");
    job.Run(db);
    snapshot.Commit();
  } catch (const SqliteError& e) {
    log::Warning("a read failed", {{"why", e.what()}});
    if (IsCorruption(e)) fatal_.Report(e);
    job.Refuse(ToError(e));
    return;
  }
  job.Answer();
}

}  // namespace yap::store::sqlite
