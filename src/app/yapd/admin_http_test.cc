#include "app/yapd/admin_http.h"

#include <gtest/gtest.h>

#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>

#include "base/io_threads.h"

namespace yap::app {
namespace {

HttpAnswer Echo(std::string_view path) { return {.body = "you asked for " + std::string(path)}; }

TEST(RespondHttpTest, AnswersGetAndHeadAndNothingElse) {
  EXPECT_NE(RespondHttp("GET /metrics?x HTTP/1.1\r\n\r\n", Echo).find("you asked for /metrics"),
            std::string::npos);
  const auto head = RespondHttp("HEAD /metrics HTTP/1.1\r\n\r\n", Echo);
  EXPECT_NE(head.find("content-length: 22"), std::string::npos) << head;
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_TRUE(RespondHttp("POST / HTTP/1.1\r\n\r\n", Echo).starts_with("HTTP/1.1 405"));
  for (const char* bad : {"", "GET\r\n", "GET /\r\n", "GET /a\nHTTP/1.1\r\n", "\x16\x03\x01"}) {
    EXPECT_TRUE(RespondHttp(bad, Echo).starts_with("HTTP/1.1 400")) << bad;
  }
}

class AdminHttpTest : public ::testing::Test {
 protected:
  AdminHttpTest()
      : http_(*OpenAdminHttp({"127.0.0.1", 0}, threads_.executor(0), SystemClock(), Echo)) {}
  ~AdminHttpTest() override { threads_.Stop(); }

  std::string Ask(const std::string& request) {
    asio::ip::tcp::socket socket(io_);
    socket.connect({asio::ip::make_address("127.0.0.1"), http_->port()});
    asio::write(socket, asio::buffer(request));
    std::string answer;
    std::error_code end;
    asio::read(socket, asio::dynamic_buffer(answer), end);
    return answer;
  }

  asio::io_context io_;
  IoThreads threads_{1};
  std::unique_ptr<AdminHttp> http_;
};

TEST_F(AdminHttpTest, ServesOneRequestAfterTheOther) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_NE(Ask("GET /healthz HTTP/1.1\r\n\r\n").find("/healthz"), std::string::npos);
  }
}

TEST_F(AdminHttpTest, EndlessHeadIsCutOff) {
  EXPECT_EQ(Ask("GET / HTTP/1.1\r\n" + std::string(kAdminRequestBytesMax, 'x')), "");
  EXPECT_NE(Ask("GET /after HTTP/1.1\r\n\r\n").find("/after"), std::string::npos);
}

TEST_F(AdminHttpTest, PortInUseSaysWhatToDo) {
  const auto second =
      OpenAdminHttp({"127.0.0.1", http_->port()}, threads_.executor(0), SystemClock(), Echo);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("admin.listen"), std::string::npos);
}

// The port is its executor's, whoever lets it go.
TEST(AdminHttpEndTest, ClosesOnItsExecutor) {
  asio::io_context io;
  auto http = *OpenAdminHttp({"127.0.0.1", 0}, io.get_executor(), SystemClock(), Echo);
  const asio::ip::tcp::endpoint at(asio::ip::make_address("127.0.0.1"), http->port());
  const auto connects = [&] {
    std::error_code error;
    asio::io_context own;
    asio::ip::tcp::socket(own).connect(at, error);
    return !error;
  };
  io.poll();
  http.reset();
  EXPECT_TRUE(connects());
  io.poll();
  EXPECT_FALSE(connects());
}

}  // namespace
}  // namespace yap::app
