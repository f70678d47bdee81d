// client/fake_server_testing.h: a Transport that is a small chat server, with faults on demand. One
// executor, one clock; nothing runs by itself.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "client/rpc.h"
#include "client/transport.h"

namespace yap::client {

// What befalls a call.
enum class Fault : std::uint8_t {
  kNone,
  kBefore,       // It never reached the server: Unavailable.
  kUnconnected,  // No connection came about: kNotConnected.
  kAfter,        // It was carried out, and the answer got lost: Unavailable.
};

class FakeServer final : public Transport {
 public:
  struct Channel {
    std::uint64_t id = 0;
    std::uint64_t epoch = 0;
    std::string name;
    std::vector<v1::Event> log;  // log[i] has seq i + 1.
  };
  class FakeStream;

  explicit FakeServer(Clock& clock);
  ~FakeServer() override;

  Task<std::string> Call(std::string method, std::string request, Secret token,
                         Deadline deadline) override;
  std::unique_ptr<Stream> Open(std::string method, std::string request, Secret token) override;

  // Answers `method`; replaces what the server does by itself.
  template <class Method>
  void On(Method method,
          std::function<Result<typename Method::Response>(const typename Method::Request&)> fn) {
    handlers_[method.method] = [fn](const std::string& bytes) -> Result<std::string> {
      typename Method::Request request;
      request.ParseFromString(bytes);
      auto response = fn(request);
      if (!response) return std::unexpected(response.error());
      return response->SerializeAsString();
    };
  }

  Channel& AddChannel(const std::string& name);
  Channel& channel(const std::string& name);
  // Stores an event with this text and tells the streams. The seq.
  std::uint64_t Append(const std::string& name, const std::string& text, std::uint64_t user_id = 2,
                       const std::string& key = {});
  // The channel's log is another from now on, with its first `keep` events.
  void Replace(const std::string& name, std::size_t keep);

  // Faults: asked for each call, and for each frame of a stream.
  std::function<Fault(const std::string& method)> fault_of_call;
  enum class FrameFault : std::uint8_t { kNone, kDrop, kDouble, kCut, kFreeze };
  std::function<FrameFault()> fault_of_frame;
  // How long each answer takes.
  std::function<Duration()> latency;

  // Puts a frame on every open stream.
  void Broadcast(const v1::SubscribeResponse& frame);
  void CutStreams();
  std::size_t open_streams() const;

  std::map<std::string, int> calls;   // By method.
  std::vector<std::string> tokens;    // That came with calls.
  bool refuse_token_expired = false;  // The next call with a token.
  std::optional<Error> refuse_streams;
  std::string refuse_streams_of;  // Those with this token; empty: all.
  std::uint64_t unread = 0;       // As GetChannel tells it.

 private:
  Result<std::string> Handle(const std::string& method, const std::string& bytes);
  Channel* Find(const v1::ChannelRef& ref);
  Result<v1::GetChannelResponse> GetChannel(const v1::GetChannelRequest& request);
  Result<v1::SendMessageResponse> Send(const v1::SendMessageRequest& request);
  Result<v1::ListEventsResponse> List(const v1::ListEventsRequest& request);
  void Begin(FakeStream& stream, const v1::SubscribeRequest& request);
  static void PushCaughtUp(FakeStream& stream, const Channel& at);

  Clock& clock_;
  std::map<std::string, std::function<Result<std::string>(const std::string&)>> handlers_;
  std::deque<Channel> channels_;
  std::vector<std::weak_ptr<FakeStream>> streams_;
};

}  // namespace yap::client
