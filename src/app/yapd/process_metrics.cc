#include "app/yapd/process_metrics.h"

#include <unistd.h>

#include <ctime>
#include <fstream>

#include "app/version.h"

namespace yap::app {
namespace {

double CpuSeconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

void Set(const char* name, const char* help, double value, const metrics::Labels& labels = {}) {
  metrics::NewGauge(name, help, labels).Set(value);
}

}  // namespace

void UpdateMetrics(const hub::Hub::Stats& hub, const edge::ServerStats& edge) {
  Set("yap_build_info", "1, with the version.", 1, {{"version", kVersion}});
  Set("yap_process_cpu_seconds", "CPU time of the process.", CpuSeconds());
  Set("yap_process_resident_bytes", "Resident memory of the process.", ResidentBytes());
  Set("yap_hub_rooms", "Channels with a subscriber in this process.",
      static_cast<double>(hub.rooms));
  Set("yap_hub_subscribers", "Open streams.", static_cast<double>(hub.subscribers));
  Set("yap_hub_tail_bytes", "Bytes held for subscribers, in all.",
      static_cast<double>(hub.tail_bytes));
  Set("yap_edge_connections", "Open connections.", static_cast<double>(edge.connections_open));
  Set("yap_edge_calls", "Calls under way.", static_cast<double>(edge.calls_open));
}

}  // namespace yap::app
