#include "client/server_address.h"

#include <gtest/gtest.h>

namespace yap::client {
namespace {

std::string NameOf(std::string_view text) {
  const auto address = ParseServerAddress(text);
  return address ? address->Name() : address.error().reason;
}

TEST(ServerAddressTest, LoopbackIsPlainAndEverythingElseTls) {
  EXPECT_EQ(NameOf("127.0.0.1:7676"), "127.0.0.1:7676");
  EXPECT_EQ(NameOf("localhost"), "localhost:7676");
  EXPECT_EQ(NameOf("[::1]:80"), "[::1]:80");
  EXPECT_EQ(NameOf("chat.example.org"), "https://chat.example.org:7676");
  EXPECT_EQ(NameOf("https://chat.example.org"), "https://chat.example.org:443");
  EXPECT_EQ(NameOf("https://chat.example.org:8443/"), "https://chat.example.org:8443");
  EXPECT_EQ(NameOf("http://10.0.0.7:1"), "10.0.0.7:1");
}

TEST(ServerAddressTest, NonsenseIsRefusedWithWhatIsExpected) {
  for (const auto* text : {"", "http://", "host:", "host:0", "host:65536", "host:x", "[::1", "a b",
                           "user@host", "host/path"}) {
    EXPECT_EQ(NameOf(text), "SERVER_INVALID") << text;
  }
  EXPECT_NE(ParseServerAddress("a b").error().message.find("HOST:PORT"), std::string::npos);
}

}  // namespace
}  // namespace yap::client
