// The connections that read: by Subscribe, and by pages of ListEvents.
#include <algorithm>

#include "bench/yap_channels.h"
#include "bench/yap_protocol.h"
#include "yap/v1/message_service.pb.h"

namespace yap::bench {
namespace {

std::string FillerFor(const Reader& reader) {
  return Filler(reader.flight().options().message_bytes - kMessageBytesMin);
}

class SubscribingCodec final : public Codec, GrpcEvents {
 public:
  SubscribingCodec(const YapChannels& channels, std::span<Reader* const> readers)
      : user_(channels.owner(readers.front()->flight().options().channel)),
        filler_(FillerFor(*readers.front())),
        client_(output_, *this) {
    for (Reader* const reader : readers) {
      places_.emplace_back(channels.all[reader->flight().options().channel], *reader, filler_);
    }
  }

  Result<> Input(std::string_view bytes, MonoTime now) override {
    YAP_TRY_VOID(client_.Input(bytes, now));
    for (const YapPlace& place : places_) place.reader().EndBatch(now);
    if (!called_ && client_.Ready()) Subscribe();
    return {};
  }
  bool Ready() const override { return caught_up_ == places_.size(); }

 private:
  void Subscribe() {
    yap::v1::SubscribeRequest request;
    for (const YapPlace& place : places_) {
      auto& cursor = *request.add_cursors();
      cursor.mutable_channel()->set_id(place.channel().id);
      cursor.set_after_seq(place.seq());
      cursor.set_epoch(place.channel().epoch);
    }
    client_.Call(user_.subscribe, request.SerializeAsString());
    called_ = true;
  }

  Result<YapPlace*> Find(std::uint64_t channel_id) {
    if (places_[last_].channel().id == channel_id) return &places_[last_];
    for (last_ = 0; last_ < places_.size(); ++last_) {
      if (places_[last_].channel().id == channel_id) return &places_[last_];
    }
    last_ = 0;
    return Fail(Errc::kCorruption, "YAP",
                fmt::format("a stream got channel {}, to which it did not subscribe", channel_id));
  }

  Result<> OnMessage(std::uint32_t, std::string_view message, MonoTime now) override {
    YAP_TRY(const auto event, ScanEvent(message));
    if (!event) return OnOther(message);
    YAP_TRY(YapPlace* const place, Find(event->channel_id));
    if (place->Examines()) {
      YAP_TRY(const auto response, Parse<yap::v1::SubscribeResponse>(message));
      YAP_TRY_VOID(place->Examine(response.event(), now));
    }
    return place->Take(event->seq);
  }

  Result<> OnOther(std::string_view message) {
    YAP_TRY(const auto response, Parse<yap::v1::SubscribeResponse>(message));
    if (response.has_hello() || response.has_heartbeat()) return {};
    if (!response.has_caught_up()) {
      return Fail(Errc::kCorruption, "YAP",
                  fmt::format("a stream got a frame of kind {}, which no run expects",
                              static_cast<int>(response.frame_case())));
    }
    YAP_TRY(const YapPlace* const place, Find(response.caught_up().channel_id()));
    if (response.caught_up().head() > place->seq()) {
      return Fail(Errc::kCorruption, "YAP",
                  fmt::format("a stream was told to be caught up at {}, but had got only {}",
                              response.caught_up().head(), place->seq()));
    }
    ++caught_up_;
    return {};
  }

  Result<> OnEnd(std::uint32_t, const GrpcEnd& end, MonoTime) override {
    return Refused("Subscribe", end);
  }

  const YapUser& user_;
  const std::string filler_;
  std::vector<YapPlace> places_;
  std::size_t last_ = 0;  // Of places_: the one that had an event last.
  GrpcClient client_;
  bool called_ = false;
  std::size_t caught_up_ = 0;  // How many of places_.
};

class PagingCodec final : public Codec, GrpcEvents {
 public:
  PagingCodec(const YapChannels& channels, Reader& reader, Histogram& times)
      : user_(channels.owner(reader.flight().options().channel)),
        filler_(FillerFor(reader)),
        place_(channels.all[reader.flight().options().channel], reader, filler_),
        times_(times),
        client_(output_, *this) {}

  Result<> Input(std::string_view bytes, MonoTime now) override {
    YAP_TRY_VOID(client_.Input(bytes, now));
    place_.reader().EndBatch(now);
    if (!asking_ && !done_ && client_.Ready()) Ask();
    return {};
  }
  bool Ready() const override { return done_; }

 private:
  void Ask() {
    yap::v1::ListEventsRequest request;
    request.mutable_channel()->set_id(place_.channel().id);
    request.set_after_seq(place_.seq());
    request.set_page_size(kPageEvents);
    asked_ = MonoTime::clock::now();
    client_.Call(user_.list, request.SerializeAsString());
    asking_ = true;
  }

  Result<> OnMessage(std::uint32_t, std::string_view message, MonoTime now) override {
    times_.Add(now - asked_);
    YAP_TRY(const auto page, Parse<yap::v1::ListEventsResponse>(message));
    for (const auto& event : page.events()) {
      YAP_TRY_VOID(place_.Examine(event, now));
      YAP_TRY_VOID(place_.Take(event.seq()));
    }
    if (page.events().empty() && page.has_newer()) return Malformed("an empty page");
    done_ = !page.has_newer();
    return {};
  }
  Result<> OnEnd(std::uint32_t, const GrpcEnd& end, MonoTime) override {
    if (end.status != 0) return Refused("ListEvents", end);
    asking_ = false;
    return {};
  }

  const YapUser& user_;
  const std::string filler_;
  YapPlace place_;
  Histogram& times_;
  GrpcClient client_;
  MonoTime asked_;
  bool asking_ = false;
  bool done_ = false;
};

}  // namespace

Result<> YapPlace::Examine(const yap::v1::Event& event, MonoTime now) {
  const std::uint64_t number = reader_->next();
  const bool watched = reader_->Watched();
  std::uint64_t index = 0;
  if (event.client_msg_id().size() != kKeyBytes) return Malformed("a key of the run");
  std::memcpy(&index, event.client_msg_id().data(), sizeof(index));
  if (event.message_posted().text() != TextOf(index, filler_)) {
    return Fail(Errc::kCorruption, "BODY", fmt::format("seq {} has another text", event.seq()));
  }
  if (number == reader_->flight().named()) YAP_TRY_VOID(reader_->flight().Name(index));
  if (watched) reader_->Testify(number, index, now);
  return {};
}

std::unique_ptr<Codec> NewYapSubscriber(const YapChannels& channels,
                                        std::span<Reader* const> readers) {
  return std::make_unique<SubscribingCodec>(channels, readers);
}

std::unique_ptr<Codec> NewYapPager(const YapChannels& channels, Reader& reader, Histogram& times) {
  return std::make_unique<PagingCodec>(channels, reader, times);
}

}  // namespace yap::bench
