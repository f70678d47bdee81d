// store/sqlite/internal/sqlite_testing.h: what the tests of this adapter share.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/temp_dir_testing.h"
#include "store/contract.h"
#include "store/sqlite/internal/connection.h"
#include "store/sqlite/sqlite_store.h"

namespace yap::store::sqlite {

class SqliteTest : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return directory_.path() / "yap.db"; }
  std::filesystem::path Named(const std::string& name) const { return directory_.path() / name; }
  virtual SqliteOptions Options() { return {.path = path()}; }

  Result<std::unique_ptr<Store>> TryOpen() { return OpenSqliteStore(Options()); }
  void Open() {
    store_.reset();
    auto opened = TryOpen();
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = *std::move(opened);
  }
  void Close() { store_.reset(); }

  template <class T>
  Result<T> Run(Task<T> task) {
    return runner_.Run(std::move(task));
  }
  void NewChannel(std::uint64_t id) {
    auto made = Run(
        store_->channels().CreateChannel(ChannelOf(id, "channel-" + std::to_string(id)), Soon()));
    ASSERT_TRUE(made) << made.error().message;
  }
  Result<std::vector<core::Appended>> Append(std::uint64_t channel, std::vector<core::Draft> drafts,
                                             std::uint64_t head) {
    return Run(
        store_->log().Append(core::ChannelId(channel), std::move(drafts), core::Seq(head), Soon()));
  }
  Result<core::EventPage> Read(std::uint64_t channel, std::uint64_t after = 0) {
    return Run(store_->log().Read(core::ChannelId(channel), core::Seq(after), 1000, Soon()));
  }
  std::uint64_t HeadOf(std::uint64_t channel) {
    const auto head = Run(store_->log().ReadHead(core::ChannelId(channel), Soon()));
    EXPECT_TRUE(head) << head.error().message;
    return head ? head->seq.value : 0;
  }
  core::Epoch EpochOf() { return Run(store_->log().ReadHead(core::ChannelId(1), Soon()))->epoch; }
  // On a connection of its own, as another program would.
  void Sql(const std::string& statements) {
    Connection(path(), "", OpenMode::kReadWrite).Exec(statements);
  }

  const TempDir directory_;
  Runner runner_{1};
  std::unique_ptr<Store> store_;
};

}  // namespace yap::store::sqlite
