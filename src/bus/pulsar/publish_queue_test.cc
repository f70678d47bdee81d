#include "bus/pulsar/internal/publish_queue.h"

#include <gmock/gmock.h>

#include "bus/pulsar/bus_testing.h"
#include "bus/pulsar/limits.h"

namespace yap::bus::pulsar {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

OwnedEnvelope Envelope(std::uint64_t seq, std::size_t text_bytes = 5) {
  OwnedEnvelope envelope;
  envelope.topic = 1;
  envelope.events = {MakeEvent(5, seq, std::string(text_bytes, 'x'))};
  return envelope;
}

TEST(PublishQueueTest, OnlyTheFirstMustTellItsReader) {
  PublishQueue queue;
  EXPECT_TRUE(queue.Push(Envelope(1)).first);
  EXPECT_FALSE(queue.Push(Envelope(2)).first);
  EXPECT_THAT(queue.TakeAll().envelopes, SizeIs(2));
  EXPECT_TRUE(queue.Push(Envelope(3)).first);
}

TEST(PublishQueueTest, BeyondTheNumberOnlyHeadsAreKept) {
  PublishQueue queue;
  for (std::uint64_t seq = 1; seq <= kQueuedEnvelopesMax; ++seq) {
    ASSERT_FALSE(queue.Push(Envelope(seq)).dropped);
  }
  EXPECT_TRUE(queue.Push(Envelope(kQueuedEnvelopesMax + 1)).dropped);
  EXPECT_TRUE(queue.Push(Envelope(kQueuedEnvelopesMax + 2)).dropped);
  const auto waiting = queue.TakeAll();
  EXPECT_THAT(waiting.envelopes, SizeIs(kQueuedEnvelopesMax));
  EXPECT_THAT(waiting.dropped.at(1).Some(9),
              ElementsAre(core::ChannelHead{core::ChannelId(5), core::Seq(kQueuedEnvelopesMax + 2),
                                            core::Epoch(9)}));
}

TEST(PublishQueueTest, BeyondTheBytesOnlyHeadsAreKept) {
  PublishQueue queue;
  constexpr std::size_t kMiB = 1024 * 1024;
  std::size_t taken = 0;
  while (!queue.Push(Envelope(taken + 1, kMiB)).dropped) ++taken;
  EXPECT_EQ(taken, kQueuedBytesMax / kMiB - 1);
  EXPECT_FALSE(queue.Push(Envelope(99)).dropped) << "a small one still fits";
  EXPECT_THAT(queue.TakeAll().envelopes, SizeIs(taken + 1));
  EXPECT_FALSE(queue.Push(Envelope(1, kMiB)).dropped);
}

}  // namespace
}  // namespace yap::bus::pulsar
