// Texts and names that others wrote: what is let in is in its stored form, and what is shown has no
// byte that a terminal would obey.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "unicode/names.h"
#include "unicode/normalize.h"
#include "unicode/sanitize.h"
#include "unicode/text_rules.h"
#include "unicode/width.h"

namespace {

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yap::unicode;  // NOLINT: one room is tested.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto stored = CheckText(text, {})) {
    const auto again = CheckText(*stored, {});
    YAP_CHECK(again && *again == *stored, "the stored form is stable");
  }
  const std::string shown = Visible(text);
  for (const char c : shown) YAP_CHECK(!IsControl(c));
  YAP_CHECK(Visible(shown) == shown, "sanitising twice changes nothing");
  YAP_CHECK(ToNfc(shown).has_value(), "what is shown is valid UTF-8");
  (void)Columns(shown);
  (void)Truncate(shown, 20);
  (void)CheckUserName(text);
  (void)CheckChannelName(text);
  return 0;
}
