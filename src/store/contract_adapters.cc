#include "base/temp_dir_testing.h"
#include "store/contract.h"
#include "store/memory/memory_store.h"
#include "store/sqlite/sqlite_store.h"

namespace yap::store {
namespace {

class OpenedMemory final : public OpenedStore {
 public:
  Store& store() override { return *store_; }

 private:
  const std::unique_ptr<Store> store_ = OpenMemoryStore();
};

class OpenedSqlite final : public OpenedStore {
 public:
  OpenedSqlite() { OpenedSqlite::Reopen(); }
  Store& store() override { return *store_; }
  void Reopen() override {
    store_.reset();
    auto opened = OpenSqliteStore({.path = directory_.path() / "yap.db"});
    EXPECT_TRUE(opened) << opened.error().message;
    store_ = std::move(opened).value();
  }

 private:
  const TempDir directory_;
  std::unique_ptr<Store> store_;
};

}  // namespace

// One process, so a refusal costs no look at the log: docs/sequencer.md.
TEST(WritersTest, OfAnEmbeddedStoreIsThisProcessAlone) {
  for (const auto& adapter : StoreAdapters()) {
    EXPECT_EQ(adapter.open()->store().log().writers(), core::Writers::kThisProcess) << adapter.name;
  }
}

std::vector<StoreAdapter> StoreAdapters() {
  return {{"Memory", [] { return std::make_unique<OpenedMemory>(); }},
          {"Sqlite", [] { return std::make_unique<OpenedSqlite>(); }}};
}

}  // namespace yap::store
