#include "bench/usage.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace yap::bench {
namespace {

Result<std::string> ReadProc(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  if (in && !text.str().empty()) return text.str();
  return Fail(Errc::kUnavailable, "NO_PROCESS", fmt::format("cannot read {}", path));
}

Duration FromTicks(long long ticks) {
  return std::chrono::nanoseconds(std::chrono::seconds(1)) * ticks / ::sysconf(_SC_CLK_TCK);
}

}  // namespace

Result<ProcessUsage> UsageOf(pid_t pid) {
  YAP_TRY(const std::string stat, ReadProc(fmt::format("/proc/{}/stat", pid)));
  YAP_TRY(const std::string statm, ReadProc(fmt::format("/proc/{}/statm", pid)));
  // proc(5): the name, field 2, may contain anything; utime and stime are fields 14 and 15.
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  long long user = 0;
  long long system = 0;
  fields >> user >> system;
  std::istringstream pages(statm);
  std::size_t total = 0;
  std::size_t resident = 0;
  pages >> total >> resident;
  return ProcessUsage{FromTicks(user + system),
                      resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))};
}

Result<Duration> BusyTimeOfHost() {
  YAP_TRY(const std::string stat, ReadProc("/proc/stat"));
  std::istringstream in(stat);
  std::string label;
  long long user = 0;
  long long nice = 0;
  long long system = 0;
  long long idle = 0;
  long long io_wait = 0;
  long long irq = 0;
  long long soft_irq = 0;
  long long stolen = 0;
  in >> label >> user >> nice >> system >> idle >> io_wait >> irq >> soft_irq >> stolen;
  return FromTicks(user + nice + system + irq + soft_irq + stolen);
}

}  // namespace yap::bench
