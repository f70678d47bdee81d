#include "base/log.h"

#include <fmt/chrono.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <memory>

namespace yap::log {
namespace {

std::atomic<Format> g_format{Format::kText};

std::shared_ptr<spdlog::logger>& Logger() {
  static auto logger = [] {
    auto made =
        std::make_shared<spdlog::logger>("yap", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return logger;
}

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view Name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "info";
}

// Escapes what would break out of a quoted string or reach a terminal as a control. Bytes of UTF-8
// sequences pass: both formats are UTF-8.
void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out.push_back(c);
    }
  }
}

std::string Timestamp() {
  const auto now = std::chrono::system_clock::now();
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)), ms);
}

std::string RenderJson(Level level, std::string_view message, Fields fields) {
  std::string out = fmt::format(R"({{"ts":"{}","level":"{}","msg":")", Timestamp(), Name(level));
  AppendEscaped(out, message);
  out.push_back('"');
  for (const Field& field : fields) {
    out.append(",\"").append(field.key).append("\":\"");
    AppendEscaped(out, field.value);
    out.push_back('"');
  }
  out.push_back('}');
  return out;
}

std::string RenderText(Level level, std::string_view message, Fields fields) {
  std::string out = fmt::format("{} {:<7} {}", Timestamp(), Name(level), message);
  for (const Field& field : fields) {
    out.append("  ").append(field.key).push_back('=');
    AppendEscaped(out, field.value);
  }
  return out;
}

}  // namespace

void Init(const Options& options) {
  g_format = options.format;
  SetLevel(options.level);
}

void SetLevel(Level level) { Logger()->set_level(ToSpdlog(level)); }

std::string Render(Format format, Level level, std::string_view message, Fields fields) {
  return format == Format::kJson ? RenderJson(level, message, fields)
                                 : RenderText(level, message, fields);
}

void Write(Level level, std::string_view message, Fields fields) {
  auto& logger = *Logger();
  if (!logger.should_log(ToSpdlog(level))) return;
  logger.log(ToSpdlog(level), "{}", Render(g_format, level, message, fields));
}

}  // namespace yap::log
