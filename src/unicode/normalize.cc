#include "unicode/normalize.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/check.h"
#include "unicode/code_points.h"

namespace yap::unicode {
namespace {

struct Free {
  void operator()(utf8proc_uint8_t* p) const { std::free(p); }
};

bool IsAscii(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return (c & 0x80) != 0; });
}

}  // namespace

Result<std::string> ToNfc(std::string_view text) {
  if (IsAscii(text)) return std::string(text);
  if (const auto bad = FirstInvalidUtf8(text)) {
    return Fail(MakeError(Errc::kInvalidArgument, kTextInvalidUtf8,
                          fmt::format("the text is not UTF-8: byte {} cannot stand there; send it "
                                      "in UTF-8",
                                      *bad + 1))
                    .With("position", fmt::to_string(*bad)));
  }
  utf8proc_uint8_t* raw = nullptr;
  constexpr int kOptions = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
  const utf8proc_ssize_t bytes = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
      static_cast<utf8proc_ssize_t>(text.size()), &raw, static_cast<utf8proc_option_t>(kOptions));
  const std::unique_ptr<utf8proc_uint8_t, Free> owner(raw);
  YAP_CHECK(bytes >= 0, utf8proc_errmsg(bytes));  // Only for lack of memory: it is valid UTF-8.
  return std::string(reinterpret_cast<const char*>(raw), static_cast<std::size_t>(bytes));
}

}  // namespace yap::unicode
