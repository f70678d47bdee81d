// simulation [--cluster] [--seed N] [--from N --seeds COUNT] [--verbose]: the whole server, or a
// whole cluster, under faults, one thread, one seed at a time. Exits 1 at the end if any seed
// failed; each is printed with how to replay it.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/log.h"
#include "sim/cluster.h"
#include "sim/world.h"

int main(int argc, char** argv) {
  std::uint64_t from = 1;
  std::uint64_t count = 100;
  bool verbose = false;
  bool cluster = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : 0; };
    if (flag == "--seed") {
      from = number();
      count = 1;
      verbose = true;
    } else if (flag == "--from") {
      from = number();
    } else if (flag == "--seeds") {
      count = number();
    } else if (flag == "--verbose") {
      verbose = true;
    } else if (flag == "--cluster") {
      cluster = true;
    } else {
      fmt::print(stderr,
                 "usage: simulation [--cluster] [--seed N] [--from N --seeds COUNT] [--verbose]\n");
      return 2;
    }
  }
  yap::log::SetLevel(verbose ? yap::log::Level::kInfo : yap::log::Level::kError);
  std::uint64_t failed = 0;
  for (std::uint64_t seed = from; seed < from + count; ++seed) {
    const yap::sim::Options options{seed, verbose};
    const std::string found =
        cluster ? yap::sim::RunClusterSeed(options) : yap::sim::RunSeed(options);
    if (found.empty()) continue;
    ++failed;
    fmt::print("seed {} FAILED (replay: simulation{} --seed {})\n{}\n", seed,
               cluster ? " --cluster" : "", seed, found);
  }
  fmt::print("{} seeds, {} failed\n", count, failed);
  return failed == 0 ? 0 : 1;
}
