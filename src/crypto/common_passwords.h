// crypto/common_passwords.h: the passwords that every guesser tries first.
//
// The list (common_passwords.txt) is the "passwords" list of zxcvbn-python 4.5.0, entries of six
// bytes and more, sorted. MIT licence, (c) 2012-2016 Dan Wheeler and Dropbox, Inc. and (c) 2016
// Daniel Wolf; see NOTICE.
#pragma once

#include <cstddef>
#include <string_view>

namespace yap {

// Whether `lower_cased` is on the list, or is what people make of such a word when they are told
// "at least twelve characters": a listed word with up to six digits and signs around it
// ("dragon!2024!"), a listed word or up to four characters again and again ("monkeymonkey"), or
// neighbours in a row ("123456789012", "abcdefghijkl").
// REQUIRES: its ASCII letters are lower case, else it is not found.
bool IsCommonPassword(std::string_view lower_cased);

// How many entries the list has.
std::size_t CommonPasswordCount();

}  // namespace yap
