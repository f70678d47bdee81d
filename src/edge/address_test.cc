#include "edge/address.h"

#include <gtest/gtest.h>

#include "edge/connection_counts.h"
#include "edge/proxy_protocol.h"
#include "edge/server_state.h"

namespace yap::edge {
namespace {

asio::ip::address At(const char* text) { return asio::ip::make_address(text); }

TEST(NetworkSetTest, ContainsWhatItsNetworksContain) {
  const auto set = NetworkSet::Parse({"10.0.0.0/8", "192.0.2.1", "2001:db8::/33", "0.0.0.0/32"});
  ASSERT_TRUE(set);
  for (const char* in :
       {"10.0.0.1", "10.255.255.255", "192.0.2.1", "2001:db8:7fff::1", "::ffff:10.1.2.3"}) {
    EXPECT_TRUE(set->Contains(At(in))) << in;
  }
  for (const char* out : {"11.0.0.1", "192.0.2.2", "2001:db8:8000::1", "::1", "0.0.0.1"}) {
    EXPECT_FALSE(set->Contains(At(out))) << out;
  }
}

TEST(NetworkSetTest, NamesTheEntryThatIsWrong) {
  for (const char* bad : {"10.0.0.0/33", "10.0.0/8", "example.org", "::/129", "10.0.0.0/", ""}) {
    const auto set = NetworkSet::Parse({"::1", bad});
    ASSERT_FALSE(set) << bad;
    EXPECT_EQ(set.error().code, Errc::kInvalidArgument);
    EXPECT_NE(set.error().message.find(bad), std::string::npos);
  }
}

TEST(ListenerStateTest, InTheClearServesOnlyProxiesAndThisMachineWhereItIsToldTo) {
  ListenerState listener;
  listener.trusted_proxies = *NetworkSet::Parse({"10.0.0.0/8"});
  EXPECT_TRUE(listener.Serves(At("192.0.2.1")));
  listener.options.proxies_only = true;
  EXPECT_FALSE(listener.Serves(At("192.0.2.1")));
  EXPECT_TRUE(listener.Serves(At("10.1.2.3")));
  EXPECT_TRUE(listener.Serves(At("127.0.0.1")));
}

TEST(AddressKeyTest, AHostWithManyIpv6AddressesIsOne) {
  EXPECT_EQ(AddressKey(At("2001:db8::1")), AddressKey(At("2001:db8::2:3:4:5")));
  EXPECT_NE(AddressKey(At("2001:db8::1")), AddressKey(At("2001:db8:0:1::1")));
  EXPECT_NE(AddressKey(At("192.0.2.1")), AddressKey(At("192.0.2.2")));
  EXPECT_EQ(AddressKey(At("192.0.2.1")), AddressKey(At("::ffff:192.0.2.1")));
}

TEST(ForwardedForTest, TheLastEntryThatIsNotAProxyIsTheClient) {
  const auto proxies = NetworkSet::Parse({"10.0.0.0/8"});
  const auto client = [&](const char* header) {
    const auto address = ClientBehind(*proxies, header);
    return address ? address->to_string() : "none";
  };
  EXPECT_EQ(client("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(client("198.51.100.9, 192.0.2.1, 10.0.0.1"), "192.0.2.1");
  EXPECT_EQ(client("10.0.0.2,10.0.0.1"), "10.0.0.2");
  EXPECT_EQ(client("192.0.2.1, unknown"), "none");
  EXPECT_EQ(client(""), "none");
}

TEST(ConnectionCountsTest, PlacesComeBack) {
  auto counts = std::make_shared<ConnectionCounts>(3, 2);
  auto a1 = counts->Acquire("a");
  auto a2 = counts->Acquire("a");
  EXPECT_TRUE(a1 && a2);
  EXPECT_FALSE(counts->Acquire("a"));
  auto b = counts->Acquire("b");
  EXPECT_TRUE(b);
  EXPECT_FALSE(counts->Acquire("c"));
  EXPECT_FALSE(counts->Acquire(""));
  a1.reset();
  EXPECT_TRUE(counts->Acquire("a"));
}

using State = ProxyHeader::State;

TEST(ProxyHeaderTest, Version1TellsTheClient) {
  const std::string_view line = "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n";
  const auto header = ParseProxyHeader(std::string(line) + "PRI *");
  ASSERT_EQ(header.state, State::kComplete);
  EXPECT_EQ(header.bytes, line.size());
  EXPECT_EQ(header.address, At("192.0.2.1"));
  EXPECT_EQ(header.port, 56324);
  for (std::size_t n = 0; n < line.size(); ++n) {
    EXPECT_EQ(ParseProxyHeader(line.substr(0, n)).state, State::kIncomplete) << n;
  }
}

TEST(ProxyHeaderTest, Version2TellsTheClient) {
  std::string header(
      "\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\xdc\x04\x01\xbb", 28);
  const auto v4 = ParseProxyHeader(header + "more");
  ASSERT_EQ(v4.state, State::kComplete);
  EXPECT_EQ(v4.bytes, 28U);
  EXPECT_EQ(v4.address, At("192.0.2.1"));
  EXPECT_EQ(v4.port, 56324);
  for (std::size_t n = 0; n < header.size(); ++n) {
    EXPECT_EQ(ParseProxyHeader(std::string_view(header).substr(0, n)).state, State::kIncomplete);
  }
  header[12] = 0x20;  // LOCAL
  const auto local = ParseProxyHeader(header);
  EXPECT_EQ(local.state, State::kComplete);
  EXPECT_EQ(local.address, std::nullopt);
}

TEST(ProxyHeaderTest, EverythingElseIsBad) {
  for (const char* bad :
       {"PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\n", "PROXY TCP4 192.0.2.1\r\n",
        "PROXY TCP4 ::1 ::1 1 1\r\n", "PROXY TCP6 192.0.2.1 192.0.2.1 1 1\r\n",
        "PROXY TCP4 a.b.c.d 192.0.2.1 1 1\r\n", "PROXY TCP4 192.0.2.1 192.0.2.1 x 1\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.1 65536 1\r\n", "PROXY \r\n"}) {
    EXPECT_EQ(ParseProxyHeader(bad).state, State::kBad) << bad;
  }
  EXPECT_EQ(ParseProxyHeader("PROXY " + std::string(200, 'x')).state, State::kBad);
  std::string version2("\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff", 16);
  EXPECT_EQ(ParseProxyHeader(version2).state, State::kBad);
}

}  // namespace
}  // namespace yap::edge
