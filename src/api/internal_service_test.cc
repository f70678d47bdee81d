// What a chat-service answers gateways where its store hangs.
#include <gtest/gtest.h>

#include "api/gateway_testing.h"
#include "core/append_journal.h"
#include "yap/internal/v1/internal_service.pb.h"

namespace yap::api {
namespace {

using namespace std::chrono_literals;

// Of one channel nothing is heard until the deadline; the head of any other is its id.
class HangingLog final : public core::EventLog {
 public:
  HangingLog(Clock& clock, core::ChannelId hangs) : clock_(clock), hangs_(hangs) {}

  core::Writers writers() const override { return core::Writers::kOthersToo; }
  Task<core::Head> ReadHead(core::ChannelId channel, Deadline deadline) override {
    if (channel != hangs_) co_return core::Head{core::Seq(channel.value), core::Epoch(1), 0, {}};
    co_await SleepFor(clock_, deadline.at - clock_.Mono());
    co_return Fail(Errc::kDeadlineExceeded, "DEADLINE_EXCEEDED", "the store hangs");
  }
  Task<core::EventPage> Read(core::ChannelId, core::Seq, std::size_t, Deadline) override {
    co_return Unused();
  }
  Task<std::vector<core::Appended>> Append(core::ChannelId, std::vector<core::Draft>, core::Seq,
                                           Deadline) override {
    co_return Unused();
  }
  Task<std::optional<core::KeyMatch>> FindKey(core::ChannelId, core::UserId, core::ClientKey,
                                              core::Seq, Deadline) override {
    co_return Unused();
  }

 private:
  static std::unexpected<Error> Unused() {
    return Fail(Errc::kUnimplemented, "METHOD_UNKNOWN", "not asked here");
  }

  Clock& clock_;
  const core::ChannelId hangs_;
};

class EverybodyIn final : public Admission {
 public:
  asio::awaitable<Answer<Caller>> Admit(yap::v1::Policy, edge::Call& call) override {
    co_return Anybody(call);
  }
};

TEST(InternalServiceTest, AHeadThatHangsKeepsNoOtherFromItsAsker) {
  Cluster c;
  HangingLog log(c.clock, core::ChannelId(2));
  const core::AppendJournal journal(1, 1);
  MethodTable table(std::make_unique<EverybodyIn>());
  AddInternalService(table, {c.chat(0).accounts(), c.chat(0).channels(), log, journal});
  yap::internal::v1::HeadsRequest request;
  for (const std::uint64_t id : {1, 2, 3}) request.add_channel_ids(id);
  const Deadline deadline = Deadline::After(c.clock, 5s);
  auto call =
      std::make_shared<LocalCall>(LocalCallOptions{.path = "/yap.internal.v1.InternalService/Heads",
                                                   .request = request.SerializeAsString(),
                                                   .metadata = {},
                                                   .deadline = deadline},
                                  c.io.get_executor());
  const auto status = c.Await(call->Serve(table));
  ASSERT_TRUE(status && status->ok());
  EXPECT_LT(c.clock.Mono(), deadline.at);
  yap::internal::v1::HeadsResponse response;
  ASSERT_TRUE(response.ParseFromString(call->written.front()));
  ASSERT_EQ(response.heads_size(), 2);
  EXPECT_EQ(response.heads(0).seq(), 1U);
  EXPECT_EQ(response.heads(1).seq(), 3U);
}

}  // namespace
}  // namespace yap::api
