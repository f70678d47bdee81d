// store/sqlite/internal/workers.h: the threads that block for the ports: one that writes, a few
// that read. Private to the adapter.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "store/sqlite/internal/failure.h"
#include "store/sqlite/internal/files.h"
#include "store/sqlite/internal/jobs.h"

namespace yap::store::sqlite {

// Calls that wait for the writer; more are refused with "QUEUE_FULL". About 40 ms of full commits,
// far less than any caller's patience.
inline constexpr std::size_t kWriteQueueMax = 2048;
// Calls of one commit: one fsync for all of them. More gain little and make the first wait.
inline constexpr std::size_t kJobsPerCommitMax = 256;
// Reads that wait; more are refused.
inline constexpr std::size_t kReadQueueMax = 1024;
// Pages (4 KiB) in the write-ahead log at which they are carried over into the database. Small
// enough to take a few milliseconds between two commits, large enough to be rare.
inline constexpr int kCheckpointPages = 1000;
// Pages at which the writer waits for the readers, so that the log can begin anew: reads that
// overlap without end would let it grow for ever. 64 MiB, as journal_size_limit.
inline constexpr int kForcedCheckpointPages = 16'000;
// How long it waits; a backup under way may take longer, and is waited for again further on.
inline constexpr auto kForcedCheckpointMax = std::chrono::milliseconds(100);
// How often the generation of a database that is written to is raised (generation.h).
inline constexpr auto kGenerationInterval = std::chrono::minutes(1);

// One thread on one connection. A commit takes what queued during the last one: no timer, so a
// single call waits for nobody and many share an fsync. Answers come after COMMIT.
class Writer {
 public:
  // Everything outlives the writer. The connection is the thread's until Stop returns.
  Writer(Connection& sql, Path database, core::Epoch epoch, Fatal& fatal, Clock& clock);
  ~Writer();

  // From any thread. Answers on the writer's thread, or at once when refused.
  void Submit(JobPtr job);
  // Takes nothing new, finishes what is queued, ends the thread. Idempotent.
  void Stop();

 private:
  void Loop();
  void RunAll(std::span<JobPtr> jobs);
  void Commit(std::span<JobPtr> jobs);
  void Recover(const SqliteError& e, std::span<JobPtr> jobs);
  void MaybeCheckpoint();
  int Checkpoint(int mode);
  void MaybeRaiseGeneration();

  Connection& sql_;
  const Path database_;
  Fatal& fatal_;
  Clock& clock_;
  metrics::Histogram commit_seconds_;
  metrics::Counter jobs_done_;

  Db db_;              // The thread's.
  int wal_pages_ = 0;  // The thread's: pages in the write-ahead log after the last commit.
  int force_at_pages_ = kForcedCheckpointPages;  // When to wait for the readers next.
  MonoTime generation_raised_;

  BoundedQueue<JobPtr> queue_{kWriteQueueMax};
  std::jthread thread_;
};

// Threads that read, each on its own connection and each call in a snapshot of its own.
class Readers {
 public:
  Readers(std::vector<Connection> connections, core::Epoch epoch, Fatal& fatal, Clock& clock);
  ~Readers();

  void Submit(JobPtr job);
  void Stop();

 private:
  void Loop(Connection& sql);
  void Run(Db& db, Job& job);

  const core::Epoch epoch_;
  Fatal& fatal_;
  Clock& clock_;
  std::vector<Connection> connections_;  // One per thread.
  BoundedQueue<JobPtr> queue_{kReadQueueMax};
  std::vector<std::jthread> threads_;
};

}  // namespace yap::store::sqlite
