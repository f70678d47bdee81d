#include "store/contract.h"
#include "store/scylla/internal/scylla_testing.h"

namespace yap::store {
namespace {

class OpenedScylla final : public OpenedStore {
 public:
  OpenedScylla() {
    scylla::TestKeyspace::Shared().Empty();
    OpenedScylla::Reopen();
  }
  Store& store() override { return *store_; }
  void Reopen() override {
    store_.reset();
    auto opened = runner_.Run(OpenScyllaStore(scylla::TestKeyspace::Shared().options(), Soon()));
    EXPECT_TRUE(opened) << opened.error().message;
    store_ = std::move(opened).value();
  }

 private:
  Runner runner_;  // Outlives the store.
  std::unique_ptr<Store> store_;
};

}  // namespace

std::vector<StoreAdapter> StoreAdapters() {
  const auto open = []() -> std::unique_ptr<OpenedStore> {
    if (!scylla::TestHost()) return nullptr;
    return std::make_unique<OpenedScylla>();
  };
  return {{"Scylla", open, scylla::kNoCluster}};
}

}  // namespace yap::store
