// drivers/runtime.h: the threads on which the drivers of ScyllaDB and Pulsar run. They come from
// one Rust library (drivers/), reached through its C ABI; nothing outside this room sees that.
//
// What waits for a driver resumes on its own executor, never on a driver's thread. Executors must
// therefore outlive the runtime: everything of this room is destroyed before the I/O threads. A
// Connect in flight holds the runtime, so it is waited for, its deadline at the longest.
#pragma once

#include <cstdint>
#include <memory>

struct yd_runtime;

namespace yap::drivers {

struct RuntimeOptions {
  std::uint32_t threads = 0;  // 0: kRuntimeThreads
};

// Thread-safe.
class Runtime {
 public:
  // One for the process, made by whoever asks first and stopped with the last that holds it. Its
  // log lines go to base/log, at most a few a second. Store and bus use this one.
  static std::shared_ptr<Runtime> Shared();

  explicit Runtime(RuntimeOptions options = {});
  // Everything in flight fails with kCancelled, on its executor, before this returns from waiting
  // for the threads (at most kShutdownMax). Not on a thread of the runtime.
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  yd_runtime* get() const { return runtime_; }

 private:
  yd_runtime* const runtime_;
};

}  // namespace yap::drivers
