// Without the drivers: what a cluster needs is refused.
#include "app/yapd/adapters_cluster.h"

namespace yap::app {
namespace {

std::unexpected<Error> NotBuilt(std::string_view what) {
  return Fail(Errc::kFailedPrecondition, "NOT_BUILT",
              std::string("this yapd was built without ") + std::string(what) +
                  "; build it where cargo is (scripts/deps --cluster)");
}

}  // namespace

bool WithCluster() { return false; }

Result<std::unique_ptr<store::Store>> OpenScylla(const Config&, IoThreads&) {
  return NotBuilt("ScyllaDB");
}
Result<Bus> OpenPulsar(const Config&, IoThreads&) { return NotBuilt("Pulsar"); }
Result<std::string> MigrateStore(const Config&, IoThreads&) { return NotBuilt("ScyllaDB"); }
Result<> ReachStore(const Config&, IoThreads&) { return NotBuilt("ScyllaDB"); }
Result<> ReachBus(const Config&, IoThreads&) { return NotBuilt("Pulsar"); }

}  // namespace yap::app
