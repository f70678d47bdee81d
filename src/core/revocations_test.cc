#include "core/revocations.h"

#include <gtest/gtest.h>

#include "core/channels_testing.h"

namespace yap::core {
namespace {

class RevocationsTest : public ::testing::Test {
 protected:
  RevocationsTest() { Make(); }
  void Make() { w_.Must(EnsureRevocationLog(w_.store().channels(), w_.clock(), w_.deadline())); }
  void Record(std::vector<SessionId> sessions) {
    w_.Must(w_.channels().RecordRevocations(std::move(sessions), w_.deadline()));
  }
  RevocationPage Read(std::optional<RevocationHead> after = std::nullopt) {
    return w_.Must(ReadRevocations(w_.store().log(), after, w_.deadline()));
  }

  World w_;
};

TEST_F(RevocationsTest, AreReadInOrderFromACursorOn) {
  Make();  // A second process starts.
  EXPECT_TRUE(Read().sessions.empty());
  Record({SessionId(10), SessionId(11)});
  const auto first = Read();
  EXPECT_EQ(first.sessions, (std::vector{SessionId(10), SessionId(11)}));
  EXPECT_EQ(first.read.seq, first.head);
  EXPECT_TRUE(Read(first.read).sessions.empty());
  Record({SessionId(12)});
  EXPECT_EQ(Read(first.read).sessions, std::vector{SessionId(12)});
}

// Its first end was told, and then it could not be deleted: it lived on, and ends again.
TEST_F(RevocationsTest, ASessionThatEndsTwiceIsToldTwice) {
  Record({SessionId(10)});
  const auto first = Read();
  Record({SessionId(10)});
  EXPECT_EQ(Read(first.read).sessions, std::vector{SessionId(10)});
}

TEST_F(RevocationsTest, RingTheBell) {
  w_.heard.clear();
  Record({SessionId(10)});
  ASSERT_EQ(w_.heard.size(), 1U);
  EXPECT_EQ(w_.heard[0]->channel, kRevocationLog);
}

TEST_F(RevocationsTest, ACursorOfAnotherLifeBeginsAnew) {
  Record({SessionId(10)});
  EXPECT_EQ(Read(RevocationHead{Seq(1), Epoch(77)}).sessions, std::vector{SessionId(10)});
  EXPECT_EQ(Read(RevocationHead{Seq(9), Epoch(1)}).sessions, std::vector{SessionId(10)});
}

TEST_F(RevocationsTest, NobodyCanReadTheLogOrWriteToIt) {
  const Principal ada = w_.AddUser("ada");
  EXPECT_EQ(w_.ReasonOf(w_.channels().AuthorizeRead(ada, kRevocationLog, w_.deadline())),
            "CHANNEL_NOT_FOUND");
  EXPECT_EQ(w_.ReasonOf(
                w_.channels().AuthorizeRead(ada, ChannelRef("system:revocations"), w_.deadline())),
            "CHANNEL_NOT_FOUND");
  EXPECT_EQ(w_.ReasonOf(w_.channels().Send(ada, w_.Message(kRevocationLog, "x"), w_.deadline())),
            "CHANNEL_NOT_FOUND");
}

}  // namespace
}  // namespace yap::core
