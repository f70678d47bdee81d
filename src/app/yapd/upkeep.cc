#include "app/yapd/upkeep.h"

#include "app/yapd/admin_commands.h"
#include "base/log.h"
#include "core/revocations.h"

namespace yap::app {
namespace {

using std::chrono::seconds;

constexpr auto kSweepInterval = std::chrono::minutes(1);
constexpr auto kBeatInterval = seconds(1);

}  // namespace

Result<std::unique_ptr<AdminSocket>> OpenNodeAdmin(const Config& config, const DataPaths& paths,
                                                   Node& node) {
  if (config.store_kind == "memory") return nullptr;
  return OpenAdminSocket(paths.admin_socket, node.threads().executor(0), SystemClock(),
                         [&node](AdminRequest request, Deadline deadline) {
                           return RunAdmin({node.accounts(), node.channels(),
                                            node.store().channels(), node.store().users()},
                                           std::move(request), deadline);
                         });
}

asio::awaitable<void> SweepSessions(core::Accounts& accounts) {
  while (true) {
    co_await SleepFor(SystemClock(), kSweepInterval);
    auto swept = co_await accounts.Sweep(Deadline::After(SystemClock(), seconds(10)));
    if (!swept) log::Warning("session sweep failed", {{"why", swept.error().message}});
  }
}

// A head that cannot be read is not told: the beat itself says that this process lives.
asio::awaitable<void> Beat(Node& node) {
  while (true) {
    const auto head = co_await core::ReadRevocationHead(
        node.log(), Deadline::After(SystemClock(), kBeatInterval));
    node.counted_bus().Beat(head.value_or(core::RevocationHead{}));
    co_await SleepFor(SystemClock(), kBeatInterval);
  }
}

}  // namespace yap::app
