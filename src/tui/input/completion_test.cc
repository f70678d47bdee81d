#include "tui/input/completion.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "unicode/arbitrary_text.h"

namespace yap::tui {
namespace {

using Choices = std::vector<std::string>;

const Candidates kCandidates{.users = {"ada", "bob", "adam"},
                             .channels = {"deck", "demo", "lobby"}};

// At the end of `text`.
Choices ChoicesOf(const std::string& text) {
  const auto completion = Complete(text, text.size(), kCandidates);
  return completion ? completion->choices : Choices{};
}

TEST(CompletionTest, CommandAtTheStartOfTheText) {
  EXPECT_EQ(ChoicesOf("/jo"), Choices{"/join "});
  EXPECT_EQ(ChoicesOf("/m"), (Choices{"/msg ", "/me ", "/mute "}));
  EXPECT_EQ(ChoicesOf("see /jo"), Choices{});
  EXPECT_EQ(ChoicesOf("//jo"), Choices{});
  EXPECT_EQ(ChoicesOf("/switcher"), Choices{}) << "by keys alone";
}

TEST(CompletionTest, SignSaysWhatAWordIs) {
  EXPECT_EQ(ChoicesOf("hello @AD"), (Choices{"@ada ", "@adam "}));
  EXPECT_EQ(ChoicesOf("see #de"), (Choices{"#deck ", "#demo "}));
  EXPECT_EQ(ChoicesOf("#"), (Choices{"#deck ", "#demo ", "#lobby "}));
}

TEST(CompletionTest, ArgumentIsOfItsCommandsKind) {
  EXPECT_EQ(ChoicesOf("/join d"), (Choices{"deck ", "demo "}));
  EXPECT_EQ(ChoicesOf("/leave l"), Choices{"lobby "});
  EXPECT_EQ(ChoicesOf("/msg b"), Choices{"bob "});
  EXPECT_EQ(ChoicesOf("/role bob m"), (Choices{"member ", "moderator "}));
  EXPECT_EQ(ChoicesOf("/help to"), Choices{"topic "});
  EXPECT_EQ(ChoicesOf("/invite "), (Choices{"ada ", "bob ", "adam "}));
  EXPECT_EQ(ChoicesOf("/join deck d"), Choices{});
  EXPECT_EQ(ChoicesOf("/msg bob ad"), Choices{}) << "free text";
}

TEST(CompletionTest, NameAtTheStartAddresses) {
  EXPECT_EQ(ChoicesOf("bo"), Choices{"bob: "});
  EXPECT_EQ(ChoicesOf("hello bo"), Choices{});
  EXPECT_EQ(ChoicesOf(""), Choices{});
}

TEST(CompletionTest, ReplacesTheWordUpToTheCursor) {
  EXPECT_EQ(Complete("hi @bo there", 6, kCandidates), (Completion{3, 6, {"@bob "}}));
}

TEST(CompletionPropertyTest, AnyTextAtAnyCursorIsFine) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = *rc::gen::elementOf(std::vector<std::string>{"", "/", "/role ", "@"}) +
                             *unicode::GenBytes();
    const auto cursor = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
    const auto completion = Complete(text, cursor, kCandidates);
    if (!completion) return;
    RC_ASSERT(completion->from <= completion->to && completion->to == cursor);
    RC_ASSERT(!completion->choices.empty());
  }));
}

}  // namespace
}  // namespace yap::tui
