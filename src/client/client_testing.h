// client/client_testing.h: what most tests of the client begin with: a folder, a clock that stands
// still, a server in memory, and ada, who is logged in.
#pragma once

#include <sys/resource.h>

#include <asio/io_context.hpp>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>

#include "base/sim_clock.h"
#include "base/temp_dir_testing.h"
#include "client/fake_server_testing.h"
#include "client/session.h"

namespace yap::client {

struct ClientWorld {
  explicit ClientWorld(std::uint64_t seed = 1) : random(seed) {
    const auto lock = store.TryLock();
    const Credentials ada{1, "ada", Secret("yap_a_0"), clock.Now() + std::chrono::minutes(15),
                          Secret("yap_r_0")};
    (void)store.Save("test:1", ada);
  }

  // Runs `task` to its end, over as much simulated time as it takes.
  template <class T>
  Result<T> Run(Task<T> task) {
    std::optional<Result<T>> result;
    SpawnThen(io.get_executor(), std::move(task), [&](Result<T> r) { result = std::move(r); });
    clock.RunFor(io, std::chrono::hours(1), [&] { return result.has_value(); });
    return result ? *result : Fail(Errc::kInternal, "STUCK", "the task did not end in an hour");
  }
  void RunFor(Duration span) { clock.RunFor(io, span); }
  Deadline In(Duration span) { return Deadline::After(clock, span); }

  TempDir folder;
  asio::io_context io{1};
  SimClock clock;
  SeededRandom random;
  FakeServer server{clock};
  CredentialStore store{folder.path() / "data" / "credentials.toml"};
  Session session{server, store, clock, random, {.server = "test:1", .on_retry = {}}};
};

// While it lives, no file of this process grows beyond `bytes`: a full disk, to whoever writes.
class FullDisk {
 public:
  explicit FullDisk(std::uintmax_t bytes) : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    static_cast<void>(std::signal(SIGXFSZ, signal_));
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*const signal_)(int);
};

}  // namespace yap::client
