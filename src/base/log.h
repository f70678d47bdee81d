// base/log.h: one line per thing that happened, for people on a terminal and as JSON Lines
// elsewhere. Never message text, tokens or passwords: fields are named by the caller, who sees what
// it logs.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace yap::log {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };
enum class Format : std::uint8_t { kText, kJson };

struct Options {
  Level level = Level::kInfo;
  Format format = Format::kText;
};

// What a field holds is escaped for its format, so a remote string may be a value.
struct Field {
  template <class T>
  Field(std::string_view name, const T& v) : key(name), value(fmt::format("{}", v)) {}
  std::string_view key;
  std::string value;
};
using Fields = std::initializer_list<Field>;

// Before the first line, on the main thread; without it lines go to stderr as text from info on.
void Init(const Options& options);
void SetLevel(Level level);

// Thread-safe. `message` is constant text; what varies goes into `fields`.
void Write(Level level, std::string_view message, Fields fields = {});
inline void Debug(std::string_view message, Fields fields = {}) {
  Write(Level::kDebug, message, fields);
}
inline void Info(std::string_view message, Fields fields = {}) {
  Write(Level::kInfo, message, fields);
}
inline void Warning(std::string_view message, Fields fields = {}) {
  Write(Level::kWarning, message, fields);
}
inline void Error(std::string_view message, Fields fields = {}) {
  Write(Level::kError, message, fields);
}

// The line Write would print, without its end; for tests.
std::string Render(Format format, Level level, std::string_view message, Fields fields);

}  // namespace yap::log
