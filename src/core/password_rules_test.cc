#include "core/password_rules.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "core/limits.h"
#include "core/reasons.h"
#include "unicode/code_points.h"

namespace yap::core {
namespace {

std::string ReasonOf(std::string_view password, std::string_view name = "alice") {
  const auto result = CheckPassword(password, name, kPasswordMinDefault, "password");
  if (result) return "OK";
  EXPECT_EQ(result.error().code, Errc::kInvalidArgument);
  EXPECT_EQ(result.error().field, "password");
  return result.error().reason;
}

std::string Times(std::size_t count, std::string_view text) {
  std::string out;
  while (count-- > 0) out += text;
  return out;
}

std::string EmojiInARow(std::size_t count) {
  std::string out;
  for (char32_t c = 0x1F400; count-- > 0; ++c) unicode::AppendUtf8(c, out);
  return out;
}

TEST(PasswordRulesTest, LengthIsCountedInCharactersNotBytes) {
  EXPECT_EQ(ReasonOf("elevenchar$"), reason::kPasswordTooShort);
  EXPECT_EQ(ReasonOf("twelve char$"), "OK");
  EXPECT_EQ(ReasonOf(Times(6, "é")), reason::kPasswordTooShort);  // 12 bytes.
  EXPECT_EQ(ReasonOf("zażółć gęślą"), "OK");
  EXPECT_EQ(ReasonOf(EmojiInARow(128)), "OK");  // 512 bytes.
  EXPECT_EQ(ReasonOf(EmojiInARow(129)), reason::kPasswordTooLong);
}

TEST(PasswordRulesTest, MinimumIsConfigurableAndToldToPrograms) {
  const auto result = CheckPassword("sixteen chars??", "alice", 16, "new_password");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().field, "new_password");
  ASSERT_EQ(result.error().metadata.size(), 1U);
  EXPECT_EQ(result.error().metadata[0],
            (std::pair<std::string, std::string>("characters_min", "16")));
  EXPECT_TRUE(CheckPassword("sixteen chars???", "alice", 16, "new_password"));
}

TEST(PasswordRulesTest, WhatGuessersTryFirstIsRefused) {
  EXPECT_EQ(ReasonOf("I am alice, hello"), reason::kPasswordCommon);
  EXPECT_EQ(ReasonOf("I am ALICE, hello"), reason::kPasswordCommon);
  EXPECT_EQ(ReasonOf("yap yap yap yap"), reason::kPasswordCommon);
  EXPECT_EQ(ReasonOf("YapServer2026!"), reason::kPasswordCommon);
  EXPECT_EQ(ReasonOf("happy yapping dogs"), "OK");
  // A name of two letters is in half of all sentences.
  EXPECT_EQ(ReasonOf("a job well done", "jo"), "OK");
}

TEST(PasswordRulesTest, CommonOnesAreFoundWhateverTheirCase) {
  const auto refused = CheckPassword("PassWord", "alice", 6, "password");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, reason::kPasswordCommon);
}

TEST(PasswordRulesTest, IllFormedUtf8IsRefused) {
  EXPECT_EQ(ReasonOf("twelve char\xff"), reason::kTextInvalidUtf8);
}

RC_GTEST_PROP(PasswordRulesTest, ErrorsNeverHoldThePassword, (std::string password)) {
  password += "\x01%";  // Not a part of any message by accident.
  const auto result = CheckPassword(password, "alice", kPasswordMinDefault, "password");
  if (result) return;
  RC_ASSERT(!result.error().message.contains(password));
  for (const auto& [key, value] : result.error().metadata) RC_ASSERT(!value.contains(password));
}

}  // namespace
}  // namespace yap::core
