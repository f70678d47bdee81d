// unicode/fold.h: text with the difference of capitals taken out, to search in.
#pragma once

#include <string>
#include <string_view>

namespace yap::unicode {

// `text` by Unicode's full case folding (Unicode 15): "Straße" and "STRASSE" are the same.
// Normalisation is left alone. Takes any bytes; ill-formed ones are U+FFFD.
std::string CaseFolded(std::string_view text);

// A to Z as a to z, and nothing else changed: for names that have no other letters.
std::string AsciiLowered(std::string_view text);

}  // namespace yap::unicode
