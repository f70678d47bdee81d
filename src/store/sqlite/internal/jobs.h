// store/sqlite/internal/jobs.h: calls of the ports on their way to the threads that block for them.
// Private to the adapter.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "base/task.h"
#include "core/ids.h"
#include "store/sqlite/internal/connection.h"

namespace yap::store::sqlite {

// What the queries work on: inside a transaction that somebody else began and will end.
struct Db {
  Connection& sql;
  core::Epoch epoch;  // Of every log in the file.
};

// One call. Answered exactly once: by Answer or Refuse.
class Job {
 public:
  explicit Job(Deadline deadline) : deadline_(deadline) {}
  virtual ~Job() = default;

  // Does the work and keeps the result. May be called again when the transaction was rolled back.
  // Throws SqliteError.
  virtual void Run(Db& db) = 0;
  // With what Run kept.
  virtual void Answer() = 0;
  virtual void Refuse(Error error) = 0;

  Deadline deadline() const { return deadline_; }

 private:
  const Deadline deadline_;
};
using JobPtr = std::unique_ptr<Job>;

template <class T, class Work>
class JobOf final : public Job {
 public:
  JobOf(Deadline deadline, Work work, Callback<T> done)
      : Job(deadline), work_(std::move(work)), done_(std::move(done)) {}

  void Run(Db& db) override { result_.emplace(Result<T>(work_(db))); }
  void Answer() override { done_(std::move(*result_)); }
  void Refuse(Error error) override { done_(std::unexpected(std::move(error))); }

 private:
  Work work_;
  Callback<T> done_;
  std::optional<Result<T>> result_;
};

template <class T, class Work>
JobPtr MakeJob(Deadline deadline, Work work, Callback<T> done) {
  return std::make_unique<JobOf<T, Work>>(deadline, std::move(work), std::move(done));
}

}  // namespace yap::store::sqlite
