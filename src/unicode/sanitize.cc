#include "unicode/sanitize.h"

#include "unicode/code_points.h"

namespace yap::unicode {
namespace {

constexpr char32_t kControlPictures = 0x2400;  // ␀ for NUL, and so on in order.
constexpr char32_t kDeletePicture = 0x2421;

bool IsKept(char32_t c, VisibleOptions options) {
  return (c == '\n' && options.keep_newline) || (c == '\t' && options.keep_tab);
}

void AppendVisible(char32_t c, VisibleOptions options, std::string& out) {
  if (IsKept(c, options)) return AppendUtf8(c, out);
  if (c < 0x20) return AppendUtf8(kControlPictures + c, out);
  if (c == 0x7F) return AppendUtf8(kDeletePicture, out);
  if (!IsControl(c) && !IsBidiControl(c) && !IsLineSeparator(c)) return AppendUtf8(c, out);
  out += "‹" + CodePointName(c) + "›";
}

}  // namespace

std::string Visible(std::string_view remote, VisibleOptions options) {
  std::string out;
  out.reserve(remote.size());
  for (std::size_t at = 0; at < remote.size();) {
    const CodePoint c = DecodeAt(remote, at);
    AppendVisible(c.value, options, out);
    at += c.bytes;
  }
  return out;
}

}  // namespace yap::unicode
