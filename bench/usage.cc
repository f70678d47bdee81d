#include "bench/usage.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <numeric>
#include <sstream>

namespace yap::bench {
namespace {

Result<std::string> ReadProc(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  if (in && !text.str().empty()) return text.str();
  return Fail(Errc::kUnavailable, "NO_PROCESS", fmt::format("cannot read {}", path));
}

Result<Duration> CpuOf(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) {
    return Fail(Errc::kUnavailable, "NO_PROCESS", fmt::format("there is no process {}", pid));
  }
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

Result<std::size_t> ResidentBytesOf(pid_t pid) {
  YAP_TRY(const std::string statm, ReadProc(fmt::format("/proc/{}/statm", pid)));
  std::istringstream pages(statm);
  std::size_t total = 0;
  std::size_t resident = 0;
  pages >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
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
  const long long ticks = user + nice + system + irq + soft_irq + stolen;
  return std::chrono::nanoseconds(std::chrono::seconds(1)) * ticks / ::sysconf(_SC_CLK_TCK);
}

}  // namespace

Duration Usage::ServerCpu() const {
  return std::accumulate(cpu.begin(), cpu.end(), Duration::zero());
}

Result<Usage> UsageOf(std::span<const WatchedProcess> processes) {
  Usage usage;
  for (const WatchedProcess& process : processes) {
    YAP_TRY(const Duration cpu, CpuOf(process.pid));
    YAP_TRY(const std::size_t resident, ResidentBytesOf(process.pid));
    usage.cpu.push_back(cpu);
    usage.resident_bytes += resident;
  }
  YAP_TRY(usage.client_cpu, CpuOf(::getpid()));
  YAP_TRY(usage.host_busy, BusyTimeOfHost());
  usage.at = MonoTime::clock::now();
  return usage;
}

Measures CoresOf(const Usage& begin, const Usage& end) {
  const double seconds = InSeconds(end.at - begin.at);
  const double server = InSeconds(end.ServerCpu() - begin.ServerCpu());
  const double client = InSeconds(end.client_cpu - begin.client_cpu);
  const double busy = InSeconds(end.host_busy - begin.host_busy);
  return {{"seconds", seconds},
          {"server_cores", server / seconds},
          {"client_cores", client / seconds},
          {"other_cores", std::max(0.0, busy - server - client) / seconds}};
}

}  // namespace yap::bench
