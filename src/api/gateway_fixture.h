// api/gateway_fixture.h: clients of a cluster in one thread (gateway_testing.h): what they call,
// and what their streams bring.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/gateway_testing.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "yap/v1/auth_service.pb.h"
#include "yap/v1/channel_service.pb.h"
#include "yap/v1/message_service.pb.h"

namespace yap::api {

using namespace std::chrono_literals;  // NOLINT: literals only.
namespace v1 = yap::v1;

inline std::string ReasonOf(const edge::Status& status) {
  google::rpc::Status details;
  details.ParseFromString(status.details);
  for (const auto& any : details.details()) {
    if (google::rpc::ErrorInfo info; any.UnpackTo(&info)) return info.reason();
  }
  return "";
}

template <class T>
std::string ReasonOf(const Answer<T>& answer) {
  return answer ? "OK" : ReasonOf(answer.error());
}

inline std::string NewKey(Random& random) {
  std::array<std::byte, 16> bytes{};
  random.Fill(bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class StringGather final : public edge::Gather {
 public:
  void Share(std::span<const char> bytes) override { out.append(bytes.data(), bytes.size()); }
  void Copy(std::span<const char> bytes) override { out.append(bytes.data(), bytes.size()); }
  std::string out;
};

// A Subscribe at one gateway, as its client sees it.
class Client {
 public:
  Client(Cluster& cluster, std::size_t gateway, const v1::SubscribeRequest& request,
         const std::string& token)
      : cluster_(cluster), gateway_(gateway) {
    call_ = std::make_shared<LocalCall>(LocalCallOptions{"/yap.v1.MessageService/Subscribe",
                                                         request.SerializeAsString(),
                                                         {{"authorization", "Bearer " + token}},
                                                         Deadline{MonoTime::max()},
                                                         {}},
                                        cluster.io.get_executor());
    SpawnThen(cluster.io.get_executor(), call_->Serve(cluster.gateway(gateway).router()),
              [this](edge::Status s) { status = std::move(s); });
    cluster_.Run(100ms);
  }
  ~Client() {
    call_->End({});
    cluster_.Run(0s);
  }

  // Everything that has come by now: texts of messages, "-" for removals of anybody.
  std::vector<std::string> Texts() {
    Pull();
    return std::exchange(texts_, {});
  }
  bool Pulls(const std::string& text) {
    Pull();
    return std::ranges::find(texts_, text) != texts_.end();
  }
  std::optional<edge::Status> status;
  std::vector<v1::SubscribeResponse> frames;

 private:
  void Pull() {
    StringGather sink;
    while (call_->source() != nullptr) {
      const auto n = call_->source()->Available(64 * 1024);
      if (n == 0) break;
      call_->source()->Take(n, sink);
    }
    cluster_.gateway(gateway_).gateway().hub().EndPass();
    bytes_ += sink.out;
    while (bytes_.size() >= 5) {
      std::size_t length = 0;
      for (int i = 1; i < 5; ++i) length = length << 8 | static_cast<unsigned char>(bytes_[i]);
      if (bytes_.size() < 5 + length) break;
      v1::SubscribeResponse frame;
      EXPECT_TRUE(frame.ParseFromString(bytes_.substr(5, length)));
      bytes_.erase(0, 5 + length);
      if (frame.event().has_message_posted())
        texts_.push_back(frame.event().message_posted().text());
      frames.push_back(std::move(frame));
    }
    if (call_->source() == nullptr) return;
    if (auto end = call_->source()->Finished()) {
      call_->End(*std::move(end));
      cluster_.Run(0s);
    }
  }

  Cluster& cluster_;
  const std::size_t gateway_;
  std::shared_ptr<LocalCall> call_;
  std::string bytes_;
  std::vector<std::string> texts_;
};

class GatewayTest : public ::testing::Test {
 protected:
  void Make(ClusterOptions options = {}) {
    cluster_.reset();
    cluster_ = std::make_unique<Cluster>(options);
  }
  Cluster& c() {
    if (!cluster_) Make();
    return *cluster_;
  }

  struct User {
    std::uint64_t id = 0;
    std::string token;
    std::string refresh;
  };
  User Register(const std::string& name, std::size_t gateway = 0) {
    v1::RegisterRequest request;
    request.set_username(name);
    request.set_password("three small green boats");
    const auto r = c().Call<v1::RegisterResponse>(gateway, "/yap.v1.AuthService/Register", request);
    EXPECT_TRUE(r) << r.error().message;
    if (!r) return {};
    return {r->user().id(), r->tokens().access_token(), r->tokens().refresh_token()};
  }
  std::uint64_t Create(const User& user, const std::string& name) {
    v1::CreateChannelRequest request;
    request.set_name(name);
    request.set_request_id(NewKey(c().random));
    const auto r = c().Call<v1::CreateChannelResponse>(0, "/yap.v1.ChannelService/CreateChannel",
                                                       request, user.token);
    EXPECT_TRUE(r) << r.error().message;
    return r ? r->joined().channel().id() : 0;
  }
  Answer<v1::JoinChannelResponse> Join(const User& user, std::uint64_t channel) {
    v1::JoinChannelRequest request;
    request.mutable_channel()->set_id(channel);
    request.set_request_id(NewKey(c().random));
    return c().Call<v1::JoinChannelResponse>(0, "/yap.v1.ChannelService/JoinChannel", request,
                                             user.token);
  }
  Answer<v1::SendMessageResponse> Say(const User& user, std::uint64_t channel,
                                      const std::string& text, std::size_t gateway = 0) {
    v1::SendMessageRequest request;
    request.mutable_channel()->set_id(channel);
    request.set_client_msg_id(NewKey(c().random));
    request.set_text(text);
    return c().Call<v1::SendMessageResponse>(gateway, "/yap.v1.MessageService/SendMessage", request,
                                             user.token);
  }
  Answer<v1::WhoAmIResponse> WhoAmI(const std::string& token, std::size_t gateway = 0,
                                    edge::Metadata more = {}) {
    return c().Call<v1::WhoAmIResponse>(gateway, "/yap.v1.AuthService/WhoAmI", v1::WhoAmIRequest(),
                                        token, std::move(more));
  }
  Answer<v1::LogoutResponse> Logout(const User& user, std::size_t gateway = 0) {
    return c().Call<v1::LogoutResponse>(gateway, "/yap.v1.AuthService/Logout", v1::LogoutRequest(),
                                        user.token);
  }
  std::unique_ptr<Client> Follow(const User& user, std::uint64_t channel, std::size_t gateway) {
    v1::SubscribeRequest request;
    auto* cursor = request.add_cursors();
    cursor->mutable_channel()->set_id(channel);
    cursor->set_after_seq(0);
    return std::make_unique<Client>(c(), gateway, request, user.token);
  }
  // How long until it comes; a minute if it does not.
  Duration Until(Client& client, const std::string& text) {
    const MonoTime begin = c().clock.Mono();
    c().RunUntil(1min, [&] { return client.Pulls(text); });
    return c().clock.Mono() - begin;
  }

 private:
  std::unique_ptr<Cluster> cluster_;
};

}  // namespace yap::api
