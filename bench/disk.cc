#include "bench/disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace yap::bench {
namespace {

std::unexpected<Error> Failed(std::string_view what) {
  return Fail(Errc::kUnavailable, "DISK", fmt::format("{}: {}", what, std::strerror(errno)));
}

// Answers how many writes there were.
Result<std::uint64_t> WriteFor(int fd, const DiskOptions& options, Histogram& times) {
  const std::string group = Filler(options.in_flight * options.message_bytes);
  std::uint64_t writes = 0;
  const MonoTime end = MonoTime::clock::now() + options.window;
  for (MonoTime now = MonoTime::clock::now(); now < end; ++writes) {
    const MonoTime begin = now;
    if (::write(fd, group.data(), group.size()) != static_cast<ssize_t>(group.size())) {
      return Failed("write");
    }
    if (::fdatasync(fd) != 0) return Failed("fdatasync");
    now = MonoTime::clock::now();
    times.Add(now - begin);
  }
  return writes;
}

}  // namespace

Result<Report> RunDisk(const DiskOptions& options) {
  const std::string path = options.folder + "/synced";
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Failed(path);
  Histogram times;
  YAP_TRY(const Usage begin, UsageOf({}));
  const auto writes = WriteFor(fd, options, times);
  YAP_TRY(const Usage end, UsageOf({}));
  ::close(fd);
  ::unlink(path.c_str());
  if (!writes) return std::unexpected(writes.error());
  const double acknowledged = static_cast<double>(*writes * options.in_flight);
  Report report{{{"acknowledgements_per_second", acknowledged / InSeconds(end.at - begin.at)},
                 {"ack_p50_us", InMicros(times.Quantile(0.5))},
                 {"ack_p99_us", InMicros(times.Quantile(0.99))}},
                "nothing to check"};
  std::ranges::move(CoresOf(begin, end), std::back_inserter(report.measures));
  return report;
}

}  // namespace yap::bench
