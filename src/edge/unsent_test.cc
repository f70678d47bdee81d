// What was written and the client has not taken: how much of it a connection may hold, and how
// long.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "edge/test_http2_client.h"
#include "edge/test_server.h"
#include "edge/test_session.h"

namespace yap::edge {
namespace {

using std::chrono::seconds;

// Answers as many bytes as the request says.
asio::awaitable<Status> Give(std::shared_ptr<Call> call) {
  auto request = co_await call->Read();
  if (!request || !*request) co_return Status{Code::kCancelled, "gone", {}};
  const auto written = co_await call->Write(std::string(std::stoul(**request), 'g'));
  co_return written ? Status{} : Status{Code::kCancelled, "gone", {}};
}

// A client whose windows are shut until it says otherwise.
class UnsentTest : public testing::Test {
 protected:
  static constexpr int kLarge = 256 * 1024;
  static constexpr int kWhole = 512 * 1024;  // A window for any of the answers.

  UnsentTest() { harness_.router.Add("/t.T/Give", {}, Give); }

  std::vector<std::int32_t> Ask(int calls, int answer_bytes) {
    std::vector<std::int32_t> ids;
    for (int i = 0; i < calls; ++i) {
      const std::string request = Frame(std::to_string(answer_bytes));
      ids.push_back(client_.Request(GrpcHeaders("/t.T/Give"), request));
    }
    harness_.Exchange(client_);
    return ids;
  }
  void Take(const std::vector<std::int32_t>& ids, std::int32_t bytes) {
    for (const std::int32_t id : ids) {
      if (!client_.stream(id).closed) client_.Grant(id, bytes);
    }
    harness_.Exchange(client_);
  }
  std::ptrdiff_t Ended(const std::vector<std::int32_t>& ids, const char* status) {
    return std::ranges::count_if(
        ids, [&](std::int32_t id) { return client_.stream(id).Get("grpc-status") == status; });
  }

  TestSession harness_;
  Http2Client client_{{.window = 0, .auto_window = false}};
};

TEST_F(UnsentTest, AnswersThatDoNotFitEndUnavailableAndTheOthersArrive) {
  const auto first = Ask(100, kLarge);
  const std::ptrdiff_t kept = 100 - Ended(first, "14");
  EXPECT_GE(kept, 14);
  EXPECT_LE(kept, 16);  // 4 MiB.
  EXPECT_EQ(static_cast<std::ptrdiff_t>(harness_.session->calls()), kept);
  Take(first, kWhole);
  EXPECT_EQ(Ended(first, "0"), kept);
  const auto again = Ask(14, kLarge);
  Take(again, kWhole);
  EXPECT_EQ(Ended(again, "0"), 14);
  EXPECT_EQ(std::ssize(client_.stream(again[0]).data), kLarge + 5);
}

TEST_F(UnsentTest, CancelledAnswersLeaveRoom) {
  for (const std::int32_t id : Ask(14, kLarge)) client_.Reset(id, NGHTTP2_CANCEL);
  harness_.Exchange(client_);
  EXPECT_EQ(Ended(Ask(14, kLarge), "14"), 0);
}

TEST_F(UnsentTest, AnswerThatIsNotTakenForThirtySecondsEndsUnavailable) {
  const auto stuck = Ask(1, 10'000);
  const auto slow = Ask(1, 10'000);
  harness_.clock.Advance(seconds(29));
  Take(slow, 1000);
  harness_.clock.Advance(seconds(1));
  harness_.session->Tick();
  harness_.Exchange(client_);
  EXPECT_EQ(Ended(stuck, "14"), 1);
  EXPECT_TRUE(client_.stream(stuck[0]).closed);
  EXPECT_FALSE(client_.stream(slow[0]).closed);
  EXPECT_EQ(harness_.session->NextDeadline(), harness_.clock.Mono() + seconds(29));
  Take(slow, kWhole);
  EXPECT_EQ(Ended(slow, "0"), 1);
}

// Each stream's answer is taken, and each stream goes on.
TEST_F(UnsentTest, StreamsWhoseAnswersWereTakenHoldNoMemory) {
  const std::string body = Frame(std::string(60'000, 'm'));
  Http2Client reader;
  for (int i = 0; i < 80; ++i) {
    const std::int32_t id = reader.Open(GrpcHeaders("/t.T/Chat"));
    harness_.Exchange(reader);
    for (std::size_t at = 0; at < body.size(); at += 16384) {
      harness_.session->Feed(RawFrame(NGHTTP2_DATA, 0, static_cast<std::uint32_t>(id),
                                      std::string_view(body).substr(at, 16384)));
    }
    harness_.Exchange(reader);
    ASSERT_EQ(reader.stream(id).data, body) << i;
  }
  EXPECT_EQ(harness_.session->calls(), 80U);
}

}  // namespace
}  // namespace yap::edge
