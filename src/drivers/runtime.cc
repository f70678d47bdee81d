#include "drivers/runtime.h"

#include <string_view>

#include "base/check.h"
#include "base/guarded.h"
#include "base/log.h"
#include "drivers/limits.h"
#include "yapdrivers/yapdrivers.h"

namespace yap::drivers {
namespace {

log::Level LevelOf(std::int32_t level) {
  switch (level) {
    case YD_LOG_ERROR:
      return log::Level::kError;
    case YD_LOG_WARN:
      return log::Level::kWarning;
    case YD_LOG_INFO:
      return log::Level::kInfo;
    default:
      return log::Level::kDebug;
  }
}

void WriteLine(void* /*ctx*/, std::int32_t level, yd_text target, yd_text line) noexcept {
  log::Write(LevelOf(level), "driver",
             {{"module", std::string_view(target.data, target.length)},
              {"line", std::string_view(line.data, line.length)}});
}

}  // namespace

std::shared_ptr<Runtime> Runtime::Shared() {
  static Guarded<std::weak_ptr<Runtime>> shared;
  return shared.With([](std::weak_ptr<Runtime>& current) {
    auto runtime = current.lock();
    if (!runtime) {
      runtime = std::make_shared<Runtime>();
      current = runtime;
    }
    return runtime;
  });
}

Runtime::Runtime(RuntimeOptions options)
    : runtime_(yd_runtime_new(options.threads != 0 ? options.threads : kRuntimeThreads)) {
  YAP_CHECK(yd_abi_version() == YD_ABI_VERSION, "the drivers' library is of another version");
  YAP_CHECK(runtime_ != nullptr, "the system gives no thread to the drivers");
  yd_set_log(&WriteLine, nullptr, YD_LOG_DEBUG);
}

Runtime::~Runtime() {
  using std::chrono::milliseconds;
  const auto limit = std::chrono::duration_cast<milliseconds>(kShutdownMax).count();
  const auto due = yd_runtime_free(runtime_, static_cast<std::uint32_t>(limit));
  if (due != 0) log::Error("the drivers did not stop in time", {{"calls_without_answer", due}});
}

}  // namespace yap::drivers
