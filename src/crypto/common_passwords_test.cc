#include "crypto/common_passwords.h"

#include <gtest/gtest.h>

#include <string>

#include "crypto/common_passwords_data.h"

namespace yap {
namespace {

TEST(CommonPasswordsTest, ListIsWholeAndSortedAndEachEntryIsFound) {
  EXPECT_EQ(CommonPasswordCount(), 27986U);
  std::string_view rest = CommonPasswordText();
  std::string_view previous;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(word.size() + 1);
    EXPECT_GE(word.size(), 6U) << word;
    EXPECT_LT(previous, word);
    EXPECT_TRUE(IsCommonPassword(word)) << word;
    previous = word;
  }
}

TEST(CommonPasswordsTest, FindsWhatIsMadeOfAListedWord) {
  for (const char* password :
       {"password1234", "dragon!2024!", "123football45", "monkeymonkey", "passwordpasswordpass",
        "111111111111", "abcabcabcabc", "123456789012", "abcdefghijkl", "987654321098"}) {
    EXPECT_TRUE(IsCommonPassword(password)) << password;
  }
}

TEST(CommonPasswordsTest, LeavesOthersAlone) {
  for (const char* password :
       {"", "x", "correct horse battery", "dragon1234567", "monkey tuesday", "vq8#kd02mzlp",
        "passwordofmine", "\xc3\xa4\xc3\xb6\xc3\xbc sind umlaute", "acegikmoqsuw"}) {
    EXPECT_FALSE(IsCommonPassword(password)) << password;
  }
}

TEST(CommonPasswordsTest, FindsNoPartOfALineAndNoTwoLines) {
  const std::string_view text = CommonPasswordText();
  EXPECT_FALSE(IsCommonPassword(text.substr(0, text.find('\n') + 1)));
  EXPECT_FALSE(IsCommonPassword("ootball"));
}

}  // namespace
}  // namespace yap
