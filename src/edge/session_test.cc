// The session alone, fed and drained in memory: what gRPC says on the wire, and the law that a
// stream's bytes are the source's bytes whatever the windows do.
#include "edge/session.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "edge/grpc_wire.h"
#include "edge/reasons.h"
#include "edge/refusals.h"
#include "edge/test_http2_client.h"
#include "edge/test_server.h"
#include "edge/test_session.h"

namespace yap::edge {
namespace {

using std::chrono::seconds;

TestHeaders With(TestHeaders headers, const std::string& name, const std::string& value) {
  for (auto& [have, old] : headers) {
    if (have != name) continue;
    old = value;
    return headers;
  }
  headers.emplace_back(name, value);
  return headers;
}

// MapRouter makes it the details.
std::string Reason(const TestStream& stream) {
  return DecodeBinaryValue(stream.Get("grpc-status-details-bin")).value_or("not base64");
}

class SessionTest : public testing::Test {
 protected:
  TestStream& Ask(const TestHeaders& headers, const std::string& body) {
    const std::int32_t id = client_.Request(headers, body);
    harness_.Exchange(client_);
    EXPECT_FALSE(harness_.broken);
    return client_.stream(id);
  }
  TestSession harness_;
  Http2Client client_;
};

TEST_F(SessionTest, UnaryAnswerIsHeadersDataTrailers) {
  const TestStream& stream = Ask(GrpcHeaders("/t.T/Echo"), Frame("hi"));
  EXPECT_EQ(stream.headers,
            (TestHeaders{{":status", "200"}, {"content-type", "application/grpc"}}));
  EXPECT_EQ(stream.data, Frame("hi"));
  EXPECT_EQ(stream.trailers, (TestHeaders{{"grpc-status", "0"}}));
  EXPECT_TRUE(stream.closed);
  EXPECT_EQ(stream.error_code, 0U);
  EXPECT_EQ(harness_.session->calls(), 0U);
}

TEST_F(SessionTest, ErrorsWithoutMessagesAreTrailersOnly) {
  const TestStream& stream = Ask(GrpcHeaders("/t.T/Fail"), Frame("5"));
  EXPECT_TRUE(stream.trailers.empty());
  EXPECT_EQ(stream.Get("grpc-status"), "5");
  EXPECT_EQ(stream.Get("grpc-message"), "Line 1: 100 %25 %C3%A4%0Aline 2");
  EXPECT_EQ(stream.Get("grpc-status-details-bin"), "AP8gZGV0YWlscw");
}

TEST_F(SessionTest, WhatIsNotGrpcIsAnsweredInHttp) {
  EXPECT_EQ(Ask(With(GrpcHeaders("/t.T/Echo"), ":method", "GET"), Frame("")).Get(":status"), "405");
  const auto html = With(GrpcHeaders("/t.T/Echo"), "content-type", "text/html");
  EXPECT_EQ(Ask(html, Frame("")).Get(":status"), "415");
}

TEST_F(SessionTest, CompressionIsRefusedWithWhatWouldDo) {
  const auto zipped = With(GrpcHeaders("/t.T/Echo"), "grpc-encoding", "gzip");
  const TestStream by_header = Ask(zipped, Frame("x"));
  EXPECT_EQ(by_header.Get("grpc-status"), "12");
  EXPECT_EQ(by_header.Get("grpc-accept-encoding"), "identity");
  EXPECT_EQ(Reason(by_header), reason::kCompressionUnsupported);
  const TestStream by_flag = Ask(GrpcHeaders("/t.T/Echo"), std::string("\x01\0\0\0\x01x", 6));
  EXPECT_EQ(by_flag.Get("grpc-status"), "12");
  EXPECT_EQ(Reason(by_flag), reason::kCompressionUnsupported);
  EXPECT_EQ(by_flag.Get("grpc-accept-encoding"), "identity");
}

TEST_F(SessionTest, RequestCutInTheMiddleOfAMessageIsRefused) {
  const TestStream& stream = Ask(GrpcHeaders("/t.T/Echo"), Frame("hello").substr(0, 7));
  EXPECT_EQ(stream.Get("grpc-status"), "3");
  EXPECT_EQ(Reason(stream), reason::kRequestMalformed);
}

TEST_F(SessionTest, UnknownMethodIsNamedAsFarAsItIsShortAndPrintable) {
  const TestStream& stream = Ask(GrpcHeaders("/t.T/\xff" + std::string(4'000, 'x')), Frame(""));
  EXPECT_EQ(stream.Get("grpc-status"), "12");
  EXPECT_EQ(Reason(stream), reason::kMethodUnknown);
  EXPECT_TRUE(stream.Get("grpc-message").starts_with("there is no method /t.T/?xxx"));
  EXPECT_LT(stream.Get("grpc-message").size(), 250U);
}

TEST_F(SessionTest, MetadataOverTheLimitIsAnsweredAndTheConnectionLives) {
  const auto large = With(GrpcHeaders("/t.T/Echo"), "x-large", std::string(9 * 1024, 'a'));
  const TestStream refused = Ask(large, Frame(""));
  EXPECT_EQ(refused.Get("grpc-status"), "8");
  EXPECT_EQ(Reason(refused), reason::kMetadataTooLarge);
  EXPECT_EQ(Ask(GrpcHeaders("/t.T/Echo"), Frame("still")).data, Frame("still"));
  EXPECT_EQ(harness_.session->violation(), std::nullopt);
}

TEST_F(SessionTest, DeadlineOfTheClientEndsTheCall) {
  Events().deadline_errors = 0;
  const auto headers = With(GrpcHeaders("/t.T/Hang"), "grpc-timeout", "5S");
  TestStream& stream = Ask(headers, Frame(""));
  EXPECT_FALSE(stream.closed);
  EXPECT_EQ(harness_.session->NextDeadline(), harness_.clock.Mono() + seconds(5));
  harness_.clock.Advance(seconds(5));
  harness_.session->Tick();
  harness_.Exchange(client_);
  EXPECT_TRUE(stream.closed);
  EXPECT_EQ(stream.Get("grpc-status"), "4");
  EXPECT_EQ(Reason(stream), reason::kDeadline);
  EXPECT_EQ(Events().deadline_errors, 1);
  EXPECT_EQ(harness_.session->NextDeadline(), MonoTime::max());
}

TEST_F(SessionTest, HandlersCapHoldsWhereTheClientWantsMore) {
  Ask(With(GrpcHeaders("/t.T/Hang"), "grpc-timeout", "5H"), Frame(""));
  EXPECT_EQ(harness_.session->NextDeadline(), harness_.clock.Mono() + kUnaryDeadlineMax);
}

TEST_F(SessionTest, DeadlineEndsAStreamWhoseReaderIsStuck) {
  Http2Client stuck({.window = 0, .auto_window = false});
  TestSession harness;
  const auto headers = With(GrpcHeaders("/t.T/Count"), "grpc-timeout", "5S");
  const std::int32_t id = stuck.Request(headers, Frame("1000000"));
  harness.Exchange(stuck);
  EXPECT_EQ(stuck.stream(id).Get(":status"), "200");
  harness.clock.Advance(seconds(6));
  harness.session->Tick();
  harness.Exchange(stuck);
  EXPECT_TRUE(stuck.stream(id).closed);
  EXPECT_EQ(stuck.stream(id).Get("grpc-status"), "4");
  EXPECT_EQ(harness.session->calls(), 0U);
}

TEST_F(SessionTest, ResetEndsTheCallForItsHandler) {
  Events().ended = 0;
  const std::int32_t id = client_.Request(GrpcHeaders("/t.T/Hang"), Frame(""));
  harness_.Exchange(client_);
  client_.Reset(id, NGHTTP2_CANCEL);
  harness_.Exchange(client_);
  EXPECT_EQ(Events().ended, 1);
  EXPECT_EQ(harness_.session->calls(), 0U);
}

TEST_F(SessionTest, EarlyAnswerStopsTheRestOfTheRequest) {
  const std::int32_t id = client_.Open(GrpcHeaders("/t.T/Nothing"));
  harness_.Exchange(client_);
  EXPECT_EQ(client_.stream(id).Get("grpc-status"), "12");
  EXPECT_TRUE(client_.stream(id).closed);
  EXPECT_EQ(client_.stream(id).error_code, static_cast<std::uint32_t>(NGHTTP2_NO_ERROR));
}

TEST_F(SessionTest, AgeingAnnouncesThenGoesAwayThenIsOver) {
  const std::int32_t id = client_.Request(GrpcHeaders("/t.T/Idle"), Frame(""));
  harness_.Exchange(client_);
  EXPECT_EQ(client_.stream(id).data, Frame("hello"));
  const std::int32_t stubborn = client_.Request(GrpcHeaders("/t.T/Hang"), Frame(""));
  harness_.Exchange(client_);
  harness_.session->Age(seconds(30));
  harness_.Exchange(client_);
  EXPECT_EQ(client_.stream(id).data, Frame("hello") + Frame("bye"));
  EXPECT_EQ(client_.stream(id).Get("grpc-status"), "0");
  ASSERT_EQ(client_.goaways().size(), 2U);
  EXPECT_EQ(client_.goaways()[0].last_stream_id, 0x7fffffff);
  EXPECT_EQ(client_.goaways()[1].last_stream_id, stubborn);
  EXPECT_EQ(client_.goaways()[1].error_code, 0U);
  EXPECT_FALSE(harness_.session->Closing());
  harness_.session->AbortCalls(ConnectionCloses());
  harness_.Exchange(client_);
  EXPECT_EQ(client_.stream(stubborn).Get("grpc-status"), "14");
  EXPECT_TRUE(harness_.session->Closing());
}

TEST_F(SessionTest, UnreadRequestsOfAConnectionAreBounded) {
  // Unfinished messages of many calls, 60 KiB each.
  std::vector<std::int32_t> ids;
  std::string wire(kTestPreface);
  wire += RawFrame(NGHTTP2_SETTINGS, 0, 0, "");
  const std::string body = Frame(std::string(kMessageBytesMax, 'x')).substr(0, 60 * 1024);
  for (std::uint32_t id = 1; id < 100; id += 2) {
    wire += RawRequest(id, GrpcHeaders("/t.T/Echo"), false);
    for (std::size_t i = 0; i < body.size(); i += 16384) {
      wire += RawFrame(NGHTTP2_DATA, 0, id, std::string_view(body).substr(i, 16384));
    }
  }
  for (std::size_t i = 0; i < wire.size(); i += 60'000) {
    harness_.session->Feed(std::string_view(wire).substr(i, 60'000));
    harness_.Drain();
  }
  EXPECT_EQ(harness_.session->violation(), std::nullopt);
  // 2 MiB hold 34 such calls; the others were refused.
  EXPECT_GE(harness_.session->calls(), 30U);
  EXPECT_LE(harness_.session->calls(), 35U);
}

TEST_F(SessionTest, PassesAreBounded) {
  Http2Client open({.window = 1 << 30});
  open.Grant(0, 1 << 29);
  const auto bytes = std::make_shared<const std::string>(1'000'000, 'x');
  TestSession harness;
  harness.router.Add("/t.T/Blob", {CallKind::kServerStream, Duration::max(), kMessageBytesMax},
                     [bytes](std::shared_ptr<Call> call) -> asio::awaitable<Status> {
                       call->StreamFrom(std::make_unique<StringSource>(bytes, Status{}));
                       co_return Status{};
                     });
  open.Request(GrpcHeaders("/t.T/Blob"), Frame(""));
  harness.session->Feed(open.Output());
  harness.Run();
  int passes = 0;
  bool more = true;
  while (more) {
    harness.output.Reset();
    more = harness.session->Pull(harness.output);
    EXPECT_LE(harness.output.size(), kPassBytesMax + 16 * 1024);
    ++passes;
  }
  EXPECT_GE(passes, 7);
}

// Sessions of a thread have one frame buffer: what one packs must not show in another.
TEST_F(SessionTest, SessionsThatShareABufferDoNotMeet) {
  TestSession other;
  Session second(SessionOptions{.budgets = other.budgets,
                                .router = harness_.router,
                                .clock = harness_.clock,
                                .host = harness_,
                                .executor = harness_.io.get_executor(),
                                .peer = std::make_shared<Peer>(),
                                .memory = harness_.memory});
  Http2Client client;
  // Trailers over 16 KiB go on in a second frame.
  Metadata large{{"x-large", std::string(30'000, 'l')}};
  harness_.router.Add("/t.T/Large", {}, [large](std::shared_ptr<Call> call) {
    for (const auto& header : large) call->AddTrailer(header);
    return [](std::shared_ptr<Call> held) -> asio::awaitable<Status> {
      co_return Status{held->Path().empty() ? Code::kInternal : Code::kOk, "", ""};
    }(call);
  });
  const std::int32_t first_id = client_.Request(GrpcHeaders("/t.T/Large"), Frame(""));
  const std::int32_t second_id = client.Request(GrpcHeaders("/t.T/Large"), Frame(""));
  for (int turn = 0; turn < 4; ++turn) {
    harness_.session->Feed(client_.Output());
    second.Feed(client.Output());
    harness_.Run();
    for (auto* peer : {&client_, &client}) {
      harness_.output.Reset();
      (peer == &client_ ? *harness_.session : second).Pull(harness_.output);
      std::vector<char> bytes;
      harness_.output.CopyRest(0, bytes);
      EXPECT_TRUE(peer->Input({bytes.data(), bytes.size()}));
    }
  }
  EXPECT_EQ(client_.stream(first_id).Get("x-large"), large[0].value);
  EXPECT_EQ(client.stream(second_id).Get("x-large"), large[0].value);
}

// --- The law.

// Gives what was published so far.
class PublishedSource final : public ByteSource {
 public:
  struct Log {
    std::string bytes;
    std::size_t published = 0;
    bool finished = false;
    std::function<void()> wake;
  };
  explicit PublishedSource(std::shared_ptr<Log> log) : log_(std::move(log)) {}
  std::size_t Available(std::size_t max) override {
    promised_ = std::min(max, log_->published - taken_);
    return promised_;
  }
  void Take(std::size_t n, Gather& out) override {
    RC_ASSERT(n <= promised_);
    // In pieces, as from segments of a log.
    while (n > 0) {
      const std::size_t piece = std::min<std::size_t>(n, 700 + taken_ % 600);
      const std::span<const char> bytes(log_->bytes.data() + taken_, piece);
      taken_ % 2 == 0 ? out.Share(bytes) : out.Copy(bytes);
      taken_ += piece;
      n -= piece;
    }
    promised_ = 0;
  }
  std::optional<Status> Finished() override {
    if (!log_->finished || taken_ < log_->bytes.size()) return std::nullopt;
    return Status{};
  }

 private:
  const std::shared_ptr<Log> log_;
  std::size_t taken_ = 0;
  std::size_t promised_ = 0;
};

struct StreamUnderTest {
  std::shared_ptr<PublishedSource::Log> log = std::make_shared<PublishedSource::Log>();
  std::vector<std::string> messages;
  std::int32_t id = 0;
};

StreamUnderTest MakeStream() {
  StreamUnderTest made;
  const auto sizes = *rc::gen::container<std::vector<int>>(
      rc::gen::oneOf(rc::gen::inRange(0, 300), rc::gen::inRange(0, 70'000)));
  for (const int size : sizes) {
    std::string message;
    for (int i = 0; i < size; ++i) message.push_back(static_cast<char>(i * 31 + size));
    made.log->bytes += Frame(message);
    made.messages.push_back(std::move(message));
  }
  return made;
}

RC_GTEST_PROP(SessionProperty, EveryStreamsBytesArriveInOrderUnderAnyWindows, ()) {
  const auto window = *rc::gen::oneOf(rc::gen::inRange(0, 100), rc::gen::inRange(0, 200'000));
  Http2Client client({.window = static_cast<std::uint32_t>(window), .auto_window = false});
  TestSession harness;
  std::vector<StreamUnderTest> streams;
  const int count = *rc::gen::inRange(1, 4);
  for (int i = 0; i < count; ++i) {
    streams.push_back(MakeStream());
    const auto log = streams.back().log;
    const std::string path = "/t.T/Log" + std::to_string(i);
    harness.router.Add(path, {CallKind::kServerStream, Duration::max(), kMessageBytesMax},
                       [log](std::shared_ptr<Call> call) -> asio::awaitable<Status> {
                         log->wake = call->Waker();
                         call->StreamFrom(std::make_unique<PublishedSource>(log));
                         co_return Status{};
                       });
    streams.back().id = client.Request(GrpcHeaders(path), Frame(""));
  }
  harness.Exchange(client, static_cast<std::size_t>(*rc::gen::inRange(1, 64)));
  // Publishing, granting and moving bytes, in any order.
  for (int step = *rc::gen::inRange(0, 40); step > 0; --step) {
    auto& stream = streams[static_cast<std::size_t>(*rc::gen::inRange(0, count))];
    auto& log = *stream.log;
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        log.published =
            std::min(log.bytes.size(),
                     log.published + static_cast<std::size_t>(*rc::gen::inRange(0, 90'000)));
        log.wake();
        break;
      case 1:
        client.Grant(stream.id, *rc::gen::inRange(1, 50'000));
        break;
      default:
        harness.Exchange(client);
        RC_ASSERT(log.bytes.starts_with(client.stream(stream.id).data));
    }
  }
  // Then everything, to the end.
  for (auto& stream : streams) {
    stream.log->published = stream.log->bytes.size();
    stream.log->finished = true;
    stream.log->wake();
  }
  for (auto& stream : streams) {
    for (int i = 0; i < 10'000 && !client.stream(stream.id).closed; ++i) {
      client.Grant(stream.id, 60'000);
      harness.Exchange(client);
    }
  }
  for (auto& stream : streams) {
    const TestStream& got = client.stream(stream.id);
    RC_ASSERT(got.closed);
    RC_ASSERT(got.Get("grpc-status") == "0");
    RC_ASSERT(SplitMessages(got.data) == stream.messages);
  }
  RC_ASSERT(!harness.broken);
  RC_ASSERT(harness.session->violation() == std::nullopt);
}

}  // namespace
}  // namespace yap::edge
