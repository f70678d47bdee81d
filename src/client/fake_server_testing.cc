#include "client/fake_server_testing.h"

#include <algorithm>
#include <set>
#include <utility>

namespace yap::client {
namespace {

Error Away() { return MakeError(Errc::kUnavailable, kUnreachable, "the server is away"); }

}  // namespace

class FakeServer::FakeStream {
 public:
  using Answer = Callback<std::optional<std::string>>;

  void Push(const v1::SubscribeResponse& frame) {
    if (frozen || ended) return;
    frames_.push_back(frame.SerializeAsString());
    Give();
  }
  void End(Error why) {
    if (ended) return;
    ended = std::move(why);
    Give();
  }
  void Ask(Answer answer) {
    answer_ = std::move(answer);
    Give();
  }

  std::optional<Error> ended;
  bool frozen = false;
  std::set<std::uint64_t> channels;

 private:
  void Give() {
    if (!answer_) return;
    if (!frames_.empty()) {
      auto frame = std::move(frames_.front());
      frames_.pop_front();
      std::exchange(answer_, nullptr)(std::optional(std::move(frame)));
    } else if (ended) {
      std::exchange(answer_, nullptr)(std::unexpected(*ended));
    }
  }

  std::deque<std::string> frames_;
  Answer answer_;
};

namespace {

class StreamHandle final : public Stream {
 public:
  explicit StreamHandle(std::shared_ptr<FakeServer::FakeStream> stream)
      : stream_(std::move(stream)) {}
  ~StreamHandle() override { StreamHandle::Cancel(); }

  Task<std::optional<std::string>> Next() override {
    return FromCallback<std::optional<std::string>>(
        [stream = stream_](FakeServer::FakeStream::Answer answer) {
          stream->Ask(std::move(answer));
        });
  }
  void Cancel() override { stream_->End(Away()); }

 private:
  const std::shared_ptr<FakeServer::FakeStream> stream_;
};

}  // namespace

FakeServer::FakeServer(Clock& clock) : clock_(clock) {
  On(kGetChannel, [this](const auto& request) { return GetChannel(request); });
  On(kSendMessage, [this](const auto& request) { return Send(request); });
  On(kListEvents, [this](const auto& request) { return List(request); });
  On(kListMembers,
     [](const auto&) -> Result<v1::ListMembersResponse> { return v1::ListMembersResponse(); });
  On(kMarkRead, [](const auto&) -> Result<v1::MarkReadResponse> { return v1::MarkReadResponse(); });
  On(kRefresh, [this](const auto&) -> Result<v1::RefreshResponse> {
    v1::RefreshResponse response;
    const auto number = std::to_string(calls[kRefresh.method]);
    response.mutable_tokens()->set_access_token("yap_a_" + number);
    response.mutable_tokens()->set_refresh_token("yap_r_" + number);
    const auto expires =
        std::chrono::floor<std::chrono::seconds>(clock_.Now()) + std::chrono::minutes(15);
    response.mutable_tokens()->mutable_access_expire_time()->set_seconds(
        expires.time_since_epoch().count());
    return response;
  });
}

FakeServer::~FakeServer() = default;

Task<std::string> FakeServer::Call(std::string method, std::string request, Secret token,
                                   Deadline deadline) {
  ++calls[method];
  if (!token.empty()) tokens.emplace_back(token.Reveal());
  const Fault fault = fault_of_call ? fault_of_call(method) : Fault::kNone;
  if (latency) co_await SleepFor(clock_, latency());
  if (fault == Fault::kBefore) co_return std::unexpected(Away());
  if (fault == Fault::kUnconnected) {
    co_return Fail(Errc::kUnavailable, kNotConnected, "no connection");
  }
  if (!token.empty() && std::exchange(refuse_token_expired, false)) {
    co_return Fail(Errc::kUnauthenticated, "TOKEN_EXPIRED", "the token has expired");
  }
  auto answer = Handle(method, request);
  if (latency) co_await SleepFor(clock_, latency());
  if (fault == Fault::kAfter) co_return std::unexpected(Away());
  if (deadline.Expired(clock_)) {
    co_return Fail(Errc::kDeadlineExceeded, kUnreachable, "no answer in time");
  }
  co_return answer;
}

Result<std::string> FakeServer::Handle(const std::string& method, const std::string& bytes) {
  const auto found = handlers_.find(method);
  if (found == handlers_.end()) return Fail(Errc::kUnimplemented, "METHOD_UNKNOWN", method);
  return found->second(bytes);
}

std::unique_ptr<Stream> FakeServer::Open(std::string method, std::string bytes, Secret token) {
  ++calls[method];
  auto stream = std::make_shared<FakeStream>();
  streams_.push_back(stream);
  v1::SubscribeRequest request;
  request.ParseFromString(bytes);
  if (fault_of_call && fault_of_call(method) != Fault::kNone) {
    stream->End(Away());
  } else if (refuse_streams && (refuse_streams_of.empty() || token.Reveal() == refuse_streams_of)) {
    stream->End(*refuse_streams);
  } else {
    Begin(*stream, request);
  }
  return std::make_unique<StreamHandle>(std::move(stream));
}

void FakeServer::Begin(FakeStream& stream, const v1::SubscribeRequest& request) {
  v1::SubscribeResponse hello;
  hello.mutable_hello()->mutable_heartbeat_interval()->set_seconds(20);
  stream.Push(hello);
  if (request.cursors_size() > 100) {
    return stream.End(MakeError(Errc::kInvalidArgument, "TOO_MANY_CURSORS", "at most 100"));
  }
  for (const auto& cursor : request.cursors()) {
    Channel* at = Find(cursor.channel());
    if (!at) return stream.End(MakeError(Errc::kNotFound, "CHANNEL_NOT_FOUND", "no such channel"));
    v1::SubscribeResponse frame;
    const std::uint64_t head = at->log.size();
    const std::uint64_t after = cursor.has_after_seq() ? cursor.after_seq() : head;
    if ((cursor.epoch() != 0 && cursor.epoch() != at->epoch) || after > head) {
      frame.mutable_epoch_changed()->set_channel_id(at->id);
      frame.mutable_epoch_changed()->set_epoch(at->epoch);
      frame.mutable_epoch_changed()->set_head(head);
      stream.Push(frame);
      continue;
    }
    for (std::uint64_t seq = after; seq < head; ++seq) {
      *frame.mutable_event() = at->log[seq];
      stream.Push(frame);
    }
    PushCaughtUp(stream, *at);
  }
  if (!request.follow_joined()) return;
  for (const Channel& at : channels_) {
    if (!stream.channels.contains(at.id)) PushCaughtUp(stream, at);
  }
}

void FakeServer::PushCaughtUp(FakeStream& stream, const Channel& at) {
  v1::SubscribeResponse frame;
  frame.mutable_caught_up()->set_channel_id(at.id);
  frame.mutable_caught_up()->set_epoch(at.epoch);
  frame.mutable_caught_up()->set_head(at.log.size());
  stream.Push(frame);
  stream.channels.insert(at.id);
}

FakeServer::Channel& FakeServer::AddChannel(const std::string& name) {
  const std::uint64_t id = 100 + channels_.size();
  return channels_.emplace_back(Channel{id, 7000 + id, name, {}});
}

FakeServer::Channel& FakeServer::channel(const std::string& name) {
  v1::ChannelRef ref;
  ref.set_name(name);
  return *Find(ref);
}

FakeServer::Channel* FakeServer::Find(const v1::ChannelRef& ref) {
  for (auto& at : channels_) {
    if (ref.ref_case() == v1::ChannelRef::kId ? at.id == ref.id() : at.name == ref.name()) {
      return &at;
    }
  }
  return nullptr;
}

std::uint64_t FakeServer::Append(const std::string& name, const std::string& text,
                                 std::uint64_t user_id, const std::string& key) {
  Channel& at = channel(name);
  v1::Event event;
  event.set_channel_id(at.id);
  event.set_epoch(at.epoch);
  event.set_seq(at.log.size() + 1);
  event.set_countable(at.log.size() + 1);
  event.set_client_msg_id(key);
  event.mutable_time()->set_seconds(
      std::chrono::floor<std::chrono::seconds>(clock_.Now()).time_since_epoch().count());
  event.mutable_actor()->set_user_id(user_id);
  event.mutable_actor()->set_username(user_id == 1 ? "ada" : "bob");
  event.mutable_message_posted()->set_text(text);
  at.log.push_back(event);
  v1::SubscribeResponse frame;
  *frame.mutable_event() = event;
  Broadcast(frame);
  return event.seq();
}

void FakeServer::Replace(const std::string& name, std::size_t keep) {
  Channel& at = channel(name);
  ++at.epoch;
  at.log.resize(std::min(keep, at.log.size()));
  for (auto& event : at.log) event.set_epoch(at.epoch);
  CutStreams();
}

void FakeServer::Broadcast(const v1::SubscribeResponse& frame) {
  for (const auto& weak : std::vector(streams_)) {
    const auto stream = weak.lock();
    if (!stream || stream->ended) continue;
    if (frame.has_event() && !stream->channels.contains(frame.event().channel_id())) continue;
    switch (fault_of_frame ? fault_of_frame() : FrameFault::kNone) {
      case FrameFault::kDrop:
        break;
      case FrameFault::kDouble:
        stream->Push(frame);
        stream->Push(frame);
        break;
      case FrameFault::kCut:
        stream->End(Away());
        break;
      case FrameFault::kFreeze:
        stream->frozen = true;
        break;
      case FrameFault::kNone:
        stream->Push(frame);
        break;
    }
  }
}

void FakeServer::CutStreams() {
  for (const auto& weak : std::vector(streams_)) {
    if (const auto stream = weak.lock()) stream->End(Away());
  }
}

std::size_t FakeServer::open_streams() const {
  return static_cast<std::size_t>(std::count_if(streams_.begin(), streams_.end(), [](auto& weak) {
    const auto stream = weak.lock();
    return stream && !stream->ended;
  }));
}

Result<v1::GetChannelResponse> FakeServer::GetChannel(const v1::GetChannelRequest& request) {
  const Channel* at = Find(request.channel());
  if (!at) return Fail(Errc::kNotFound, "CHANNEL_NOT_FOUND", "no such channel");
  v1::GetChannelResponse response;
  response.mutable_channel()->set_id(at->id);
  response.mutable_channel()->set_name(at->name);
  response.mutable_channel()->set_kind(v1::CHANNEL_KIND_PUBLIC);
  response.mutable_channel()->set_head(at->log.size());
  response.mutable_channel()->set_epoch(at->epoch);
  if (unread > 0) {
    const std::uint64_t read = at->log.size() - unread;
    response.mutable_joined()->set_unread(unread);
    response.mutable_joined()->set_read_seq(read);
    response.mutable_joined()->set_read_countable(read);
  }
  return response;
}

Result<v1::SendMessageResponse> FakeServer::Send(const v1::SendMessageRequest& request) {
  Channel* at = Find(request.channel());
  if (!at) return Fail(Errc::kNotFound, "CHANNEL_NOT_FOUND", "no such channel");
  const auto known = std::find_if(at->log.begin(), at->log.end(), [&](const v1::Event& event) {
    return event.client_msg_id() == request.client_msg_id();
  });
  v1::SendMessageResponse response;
  response.set_channel_id(at->id);
  response.set_epoch(at->epoch);
  if (known != at->log.end()) {
    if (known->message_posted().text() != request.text()) {
      return Fail(Errc::kAlreadyExists, "KEY_REUSED", "the key was used for another message");
    }
    response.set_seq(known->seq());
  } else {
    response.set_seq(Append(at->name, request.text(), 1, request.client_msg_id()));
  }
  *response.mutable_create_time() = at->log[response.seq() - 1].time();
  return response;
}

Result<v1::ListEventsResponse> FakeServer::List(const v1::ListEventsRequest& request) {
  const Channel* at = Find(request.channel());
  if (!at) return Fail(Errc::kNotFound, "CHANNEL_NOT_FOUND", "no such channel");
  const std::uint64_t size =
      request.page_size() > 0 ? static_cast<std::uint64_t>(request.page_size()) : 50;
  const std::uint64_t head = at->log.size();
  std::uint64_t end = head;
  std::uint64_t begin = 0;
  if (request.position_case() == v1::ListEventsRequest::kAfterSeq) {
    begin = std::min(request.after_seq(), head);
    end = std::min(head, begin + size);
  } else {
    if (request.before_seq() > 0) end = std::min(head, request.before_seq() - 1);
    begin = end - std::min(end, size);
  }
  v1::ListEventsResponse response;
  for (std::uint64_t seq = begin; seq < end; ++seq) *response.add_events() = at->log[seq];
  response.set_epoch(at->epoch);
  response.set_head(head);
  response.set_first_available(1);
  response.set_has_older(begin > 0);
  response.set_has_newer(end < head);
  return response;
}

}  // namespace yap::client
