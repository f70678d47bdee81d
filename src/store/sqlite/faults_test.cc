// A disk that fills up, fails or loses its power, and callers that come too late or too many.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include "store/sqlite/internal/shim_vfs.h"
#include "store/sqlite/internal/sqlite_testing.h"
#include "store/sqlite/internal/workers.h"

namespace yap::store::sqlite {
namespace {

using namespace core;  // NOLINT: the ports under test.

constexpr std::uint64_t kChannels = 4;

class FaultsTest : public SqliteTest {
 protected:
  ~FaultsTest() override { Close(); }  // Before the shim that it stands on goes.
  SqliteOptions Options() override {
    return {.path = path(),
            .on_fatal = [this](const std::string& message) { fatal_.push_back(message); },
            .sync = sync_,
            .vfs = shim_.name()};
  }

  ShimVfs shim_;
  Sync sync_ = Sync::kFull;
  std::vector<std::string> fatal_;  // Read after the store's threads have ended or answered.
};

// --- Full ---

TEST_F(FaultsTest, FullDiskRefusesWritesServesReadsAndRecoversByItself) {
  Open();
  NewChannel(1);
  shim_.SetFreeBytes(256 * 1024);
  std::uint64_t stored = 0;
  Result<std::vector<Appended>> result;
  while ((result = Append(1, {Message(stored + 1, std::string(8000, 'x'))}, stored))) ++stored;
  EXPECT_EQ(result.error().code, Errc::kResourceExhausted);
  EXPECT_EQ(result.error().reason, "STORE_FULL");
  EXPECT_GT(stored, 3U);
  EXPECT_EQ(HeadOf(1), stored);
  EXPECT_EQ(Read(1)->events.size(), stored);
  EXPECT_FALSE(Append(1, {Message(stored + 1, std::string(8000, 'x'))}, stored));

  shim_.SetFreeBytes(-1);
  EXPECT_TRUE(Append(1, {Message(stored + 1, std::string(8000, 'x'))}, stored));
  EXPECT_TRUE(fatal_.empty());
  Open();
  EXPECT_EQ(HeadOf(1), stored + 1);
}

// While another program holds the write lock, calls gather; then they are one commit.
class GatheredTest : public FaultsTest {
 protected:
  void Hold() { holder_.Exec("BEGIN IMMEDIATE"); }
  void Release() { holder_.Exec("COMMIT"); }
  auto Start(std::uint64_t channel, std::vector<Draft> drafts, std::uint64_t head) {
    return runner_.Start(
        store_->log().Append(ChannelId(channel), std::move(drafts), Seq(head), Soon()));
  }

 private:
  Connection holder_{path(), "", OpenMode::kReadWrite};
};

TEST_F(GatheredTest, WhatDoesNotFitIsRefusedAloneAndItsNeighboursAreStored) {
  Open();
  for (std::uint64_t id = 1; id <= 3; ++id) NewChannel(id);
  shim_.SetFreeBytes(300 * 1024);
  Hold();
  auto first = Start(1, {Message(1)}, 0);  // The writer waits with this one.
  auto small = Start(2, {Message(1)}, 0);
  auto large = Start(3, std::vector<Draft>(64, Message(0, std::string(16000, 'x'))), 0);
  auto also_small = Start(2, {Message(2)}, 1);
  Release();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(small.get());
  EXPECT_TRUE(also_small.get());
  EXPECT_EQ(large.get().error().reason, "STORE_FULL");
  EXPECT_EQ(HeadOf(2), 2U);
  EXPECT_EQ(HeadOf(3), 0U);
}

TEST_F(GatheredTest, QueueIsBoundedAndSaysSo) {
  Open();
  NewChannel(1);
  Hold();
  std::vector<std::future<Result<>>> calls;
  constexpr std::size_t kCalls = kWriteQueueMax + kJobsPerCommitMax + 10;
  for (std::size_t i = 0; i < kCalls; ++i) {
    calls.push_back(
        runner_.Start(store_->channels().MarkEffectsDone(ChannelId(1), Seq(i), Soon())));
  }
  std::vector<std::string> reasons;
  // The refused are answered while the others wait.
  for (std::size_t i = kCalls - 5; i < kCalls; ++i)
    reasons.push_back(calls[i].get().error().reason);
  Release();
  EXPECT_EQ(reasons, std::vector<std::string>(5, "QUEUE_FULL"));
  for (std::size_t i = 0; i < kWriteQueueMax; ++i) EXPECT_TRUE(calls[i].get());
}

TEST_F(FaultsTest, LateCallIsNotDone) {
  Open();
  NewChannel(1);
  const auto late = Run(store_->log().Append(ChannelId(1), {Message(1)}, Seq(), Deadline{}));
  EXPECT_EQ(late.error().code, Errc::kDeadlineExceeded);
  EXPECT_EQ(Run(store_->log().ReadHead(ChannelId(1), Deadline{})).error().code,
            Errc::kDeadlineExceeded);
  EXPECT_EQ(HeadOf(1), 0U);
}

// --- Errors ---

TEST_F(FaultsTest, EveryAcknowledgedAppendWasSyncedBefore) {
  Open();
  NewChannel(1);
  for (std::uint64_t n = 0; n < 100; ++n) {
    const std::uint64_t before = shim_.syncs();
    ASSERT_TRUE(Append(1, {Message(n + 1)}, n));
    EXPECT_GT(shim_.syncs(), before);
  }
}

TEST_F(FaultsTest, FailedSyncEndsItAndNothingIsAcknowledgedAfter) {
  Open();
  NewChannel(1);
  ASSERT_TRUE(Append(1, {Message(1)}, 0));
  shim_.FailNextSync("-wal");
  EXPECT_EQ(Append(1, {Message(2)}, 1).error().code, Errc::kUnavailable);
  EXPECT_EQ(Append(1, {Message(3)}, 1).error().code, Errc::kUnavailable);
  EXPECT_EQ(Append(1, {Message(2)}, 2).error().code, Errc::kUnavailable);
  Close();
  ASSERT_EQ(fatal_.size(), 1U);
  EXPECT_NE(fatal_[0].find(path().string()), std::string::npos) << fatal_[0];
  Open();
  EXPECT_GE(HeadOf(1), 1U);
  EXPECT_TRUE(Append(1, {Message(9)}, HeadOf(1)));
}

TEST_F(FaultsTest, FailedSyncOfTheDatabaseAtACheckpointEndsIt) {
  Open();
  NewChannel(1);
  shim_.FailNextSync(".db");
  std::uint64_t head = 0;
  for (int batch = 0; batch < 100; ++batch) {
    const auto result = Append(1, std::vector<Draft>(64, Message(0, std::string(1000, 'x'))), head);
    if (!result) break;
    head += 64;
  }
  Close();
  EXPECT_EQ(fatal_.size(), 1U);
  Open();
  EXPECT_EQ(HeadOf(1), head);
}

TEST_F(FaultsTest, FailedReadIsOneFailedCall) {
  Open();
  NewChannel(1);
  ASSERT_TRUE(Append(1, {Message(1)}, 0));
  Open();
  shim_.FailNextRead();
  EXPECT_EQ(Read(1).error().code, Errc::kUnavailable);
  EXPECT_EQ(Read(1)->events.size(), 1U);
  EXPECT_TRUE(Append(1, {Message(2)}, 1));
  EXPECT_TRUE(fatal_.empty());
}

TEST_F(FaultsTest, DamageMetWhileReadingEndsIt) {
  Open();
  NewChannel(1);
  for (std::uint64_t n = 0; n < 20; ++n) {
    ASSERT_TRUE(Append(1, std::vector<Draft>(64, Message(0, std::string(500, 'x'))), n * 64));
  }
  Close();
  {
    const auto size = std::filesystem::file_size(path());
    std::fstream out(path(), std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(static_cast<std::streamoff>(size / 2 / 4096 * 4096));
    out << std::string(size / 4, '\x5a');
  }
  Open();
  std::uint64_t after = 0;
  Result<EventPage> page;
  while ((page = Read(1, after)) && !page->events.empty()) after = page->events.back()->seq.value;
  ASSERT_FALSE(page);
  Close();
  ASSERT_EQ(fatal_.size(), 1U);
  EXPECT_NE(fatal_[0].find("yapd restore"), std::string::npos) << fatal_[0];
}

// Runs `body` in a child and answers its exit status.
template <class Body>
int InChild(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(FatalTest, WithoutAHandlerTheProcessExitsWith70) {
  const TempDir directory;
  const int status = InChild([&] {
    ShimVfs shim;
    Runner runner;
    auto store = OpenSqliteStore({.path = directory.path() / "yap.db", .vfs = shim.name()});
    shim.FailNextSync("-wal");
    static_cast<void>(
        runner.Run((*store)->channels().CreateChannel(ChannelOf(1, "general"), Soon())));
  });
  EXPECT_EQ(status, 70);
}

// --- Power ---

struct Progress {
  std::atomic<std::uint64_t> acknowledged = 0;
};

// Appends until something fails.
Task<void> Fill(EventLog& log, ChannelId channel, Progress& progress) {
  while (true) {
    const std::uint64_t head = progress.acknowledged;
    std::vector<Draft> drafts;
    for (std::uint64_t n = 0; n <= head % 3; ++n) {
      drafts.push_back(Message(head + n + 1, "message " + std::to_string(head + n + 1)));
    }
    const std::size_t count = drafts.size();
    YAP_CO_TRY_VOID(co_await log.Append(channel, std::move(drafts), Seq(head), Soon()));
    progress.acknowledged += count;
  }
}

class PowerTest : public FaultsTest {
 protected:
  // One life of a machine: opens, writes to some channels at once until the power fails after
  // `operations`, loses what was not synced, opens again. Answers how many acknowledged events are
  // gone.
  std::uint64_t LostInOneLife(std::uint64_t seed, std::uint64_t operations) {
    std::error_code ignored;
    for (const char* name : {"yap.db", "yap.db-wal", "yap.db-shm", "yap.db.generation"}) {
      std::filesystem::remove(Named(name), ignored);
    }
    std::array<Progress, kChannels> progress;
    shim_.CutPowerAfter(operations);
    if (auto opened = TryOpen()) {
      store_ = *std::move(opened);
      FillUntilTheEnd(progress);
      Close();
    }
    EXPECT_TRUE(shim_.power_is_cut()) << "more than " << operations << " operations are needed";
    shim_.LosePendingWrites(seed);
    Open();
    return CountLost(progress);
  }

 private:
  void FillUntilTheEnd(std::array<Progress, kChannels>& progress) {
    std::vector<std::future<Result<>>> fillers;
    for (std::uint64_t id = 1; id <= kChannels; ++id) {
      const auto channel = ChannelOf(id, "channel-" + std::to_string(id));
      if (!Run(store_->channels().CreateChannel(channel, Soon()))) continue;
      fillers.push_back(runner_.Start(Fill(store_->log(), ChannelId(id), progress[id - 1])));
    }
    for (auto& filler : fillers) EXPECT_FALSE(filler.get());
  }

  std::uint64_t CountLost(const std::array<Progress, kChannels>& progress) {
    std::uint64_t lost = 0;
    for (std::uint64_t id = 1; id <= kChannels; ++id) {
      const std::uint64_t acknowledged = progress[id - 1].acknowledged;
      const std::uint64_t head = HeadOf(id);
      lost += acknowledged > head ? acknowledged - head : 0;
      std::uint64_t seq = 0;
      while (seq < head) {
        const auto page = Read(id, seq);
        if (!page || page->events.empty()) break;
        for (const EventPtr& event : page->events) {
          EXPECT_EQ(event->seq.value, ++seq);
          EXPECT_EQ(std::get<MessagePosted>(event->body).text, "message " + std::to_string(seq));
        }
      }
      EXPECT_EQ(seq, head);
    }
    Close();
    EXPECT_TRUE(CheckFile(path()));
    return lost;
  }
};

TEST_F(PowerTest, NothingAcknowledgedIsLost) {
  SeededRandom random(1);
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    // Most lives are short; some see several checkpoints.
    const std::uint64_t operations = random.Below(seed % 4 == 0 ? 12'000 : 1'500);
    EXPECT_EQ(LostInOneLife(seed, operations), 0U) << "seed " << seed << ", " << operations;
  }
}

TEST_F(PowerTest, PowerCutWhileOpeningLeavesAFileThatOpens) {
  for (std::uint64_t operations = 0; operations < 60; ++operations) {
    EXPECT_EQ(LostInOneLife(operations, operations), 0U) << operations;
  }
}

// The test above can fail: without the sync before the answer it does.
TEST_F(PowerTest, SyncNormalWouldLoseAcknowledgedEvents) {
  sync_ = Sync::kNormal;
  std::uint64_t lost = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) lost += LostInOneLife(seed, 1000 + seed);
  EXPECT_GT(lost, 0U);
}

// --- Kill ---

// Writes each acknowledged seq to `pipe` until it is killed.
[[noreturn]] void AppendForEver(const std::filesystem::path& path, int pipe) {
  Runner runner;
  auto store = OpenSqliteStore({.path = path});
  if (!store) ::_exit(1);
  const ChannelId channel(1);
  static_cast<void>(
      runner.Run((*store)->channels().CreateChannel(ChannelOf(1, "general"), Soon())));
  Seq head = runner.Run((*store)->log().ReadHead(channel, Soon()))->seq;
  while (true) {
    auto appended = runner.Run((*store)->log().Append(
        channel, {Message(head.value + 1), Joined(head.value + 1)}, head, Soon()));
    if (!appended) ::_exit(2);
    head = head.Plus(2);
    if (::write(pipe, &head.value, sizeof(head.value)) < 0) ::_exit(3);
  }
}

TEST(KillTest, WhatWasAcknowledgedBeforeAKillIsThere) {
  const TempDir directory;
  const auto path = directory.path() / "yap.db";
  SeededRandom random(7);
  for (int round = 0; round < 8; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) AppendForEver(path, pipe[1]);
    ::close(pipe[1]);
    std::uint64_t acknowledged = 0;
    for (std::uint64_t acks = 1 + random.Below(60); acks > 0; --acks) {
      ASSERT_EQ(::read(pipe[0], &acknowledged, sizeof(acknowledged)),
                ssize_t{sizeof(acknowledged)});
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ::waitpid(child, &status, 0);
    while (::read(pipe[0], &acknowledged, sizeof(acknowledged)) > 0) {
    }
    ::close(pipe[0]);

    Runner runner;
    auto store = OpenSqliteStore({.path = path});
    ASSERT_TRUE(store) << store.error().message;
    const auto snapshot = runner.Run((*store)->channels().LoadChannel(ChannelId(1), Soon()));
    EXPECT_GE(snapshot->channel.head.seq.value, acknowledged);
    EXPECT_EQ(snapshot->members.size() * 2, snapshot->channel.head.seq.value);
    store->reset();
    EXPECT_EQ(CheckFile(path)->events, snapshot->channel.head.seq.value);
  }
}

}  // namespace
}  // namespace yap::store::sqlite
