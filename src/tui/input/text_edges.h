// tui/input/text_edges.h: where the next cluster, word or line of a text begins or ends. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace yap::tui {

// The edges of clusters beside `at`, which is one; the text's own ends stay.
std::size_t ClusterBefore(std::string_view text, std::size_t at);
std::size_t ClusterAfter(std::string_view text, std::size_t at);
// `at` or, where that is inside a cluster, the end of it.
std::size_t EdgeAt(std::string_view text, std::size_t at);

// The start of the word before, the end of the word after. Words are of ASCII letters and digits
// and of everything that is not ASCII.
std::size_t WordBefore(std::string_view text, std::size_t at);
std::size_t WordAfter(std::string_view text, std::size_t at);

// Of the line that `at` is in, without its \n.
std::size_t LineStart(std::string_view text, std::size_t at);
std::size_t LineEnd(std::string_view text, std::size_t at);

}  // namespace yap::tui
