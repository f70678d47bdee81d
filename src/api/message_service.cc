#include "api/convert.h"
#include "api/services.h"
#include "yap/v1/message_service.pb.h"

namespace yap::api {
namespace {

using namespace yap::v1;  // NOLINT: the messages of one service.

Task<SendMessageResponse> SendMessage(core::Channels& channels, Caller caller,
                                      SendMessageRequest request) {
  YAP_CO_TRY(const auto ref, FromProto(request.channel()));
  YAP_CO_TRY(const auto key, KeyFrom(request.client_msg_id(), "client_msg_id", true));
  core::SendRequest wanted{.channel = ref,
                           .text = std::move(*request.mutable_text()),
                           .reply_to = core::Seq(request.reply_to_seq()),
                           .key = key,
                           .attempt = std::max<std::uint32_t>(request.attempt(), 1),
                           .first_attempt_head = core::Seq(request.first_attempt_head())};
  YAP_CO_TRY(const auto written,
             co_await channels.Send(caller.who, std::move(wanted), caller.deadline));
  SendMessageResponse response;
  response.set_seq(written.seq.value);
  ToProto(written.time, response.mutable_create_time());
  response.set_epoch(written.epoch.value);
  response.set_channel_id(written.channel.value);
  co_return response;
}

std::variant<core::Before, core::After, core::Around> PositionOf(const ListEventsRequest& request) {
  switch (request.position_case()) {
    case ListEventsRequest::kAfterSeq:
      return core::After{core::Seq(request.after_seq())};
    case ListEventsRequest::kAroundSeq:
      return core::Around{core::Seq(request.around_seq())};
    case ListEventsRequest::kBeforeSeq:
      return core::Before{core::Seq(request.before_seq())};
    case ListEventsRequest::POSITION_NOT_SET:
      break;
  }
  return core::Before{core::Seq(0)};  // The newest ones.
}

Task<ListEventsResponse> ListEvents(core::Channels& channels, Caller caller,
                                    ListEventsRequest request) {
  YAP_CO_TRY(const auto ref, FromProto(request.channel()));
  YAP_CO_TRY(const auto wanted, PageFrom(request.page_size(), {}));
  YAP_CO_TRY(
      const auto page,
      co_await channels.List(
          caller.who,
          core::ListRequest{.channel = ref, .position = PositionOf(request), .limit = wanted.size},
          caller.deadline));
  ListEventsResponse response;
  for (const auto& event : page.events) ToProto(*event, response.add_events());
  response.set_epoch(page.head.epoch.value);
  response.set_head(page.head.seq.value);
  response.set_first_available(page.first_available.value);
  if (!page.events.empty()) {
    response.set_has_older(page.events.front()->seq > page.first_available);
    response.set_has_newer(page.events.back()->seq < page.head.seq);
  }
  co_return response;
}

Task<MarkReadResponse> MarkRead(core::Channels& channels, Caller caller, MarkReadRequest request) {
  YAP_CO_TRY(const auto ref, FromProto(request.channel()));
  YAP_CO_TRY(const auto position, co_await channels.MarkRead(
                                      caller.who, ref, core::Seq(request.seq()), caller.deadline));
  MarkReadResponse response;
  response.set_read_seq(position.seq.value);
  response.set_unread(position.unread);
  co_return response;
}

}  // namespace

void AddMessageService(MethodTable& table, core::Channels& channels) {
  Service<core::Channels> service(table, "/yap.v1.MessageService/", channels);
  service.Unary("SendMessage", SendMessage);
  service.Unary("ListEvents", ListEvents);
  service.Unary("MarkRead", MarkRead);
}

}  // namespace yap::api
