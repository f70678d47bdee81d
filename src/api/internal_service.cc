// What a gateway asks beside what it forwards. Every method wants a peer that proved itself; a user
// only where it speaks for one.
#include <fmt/format.h>

#include "api/authorise.h"
#include "api/convert.h"
#include "api/decode.h"
#include "api/errors.h"
#include "api/internal_convert.h"
#include "api/services.h"
#include "base/parallel.h"
#include "core/limits.h"
#include "core/reasons.h"
#include "core/revocations.h"

namespace yap::api {
namespace {

using namespace yap::internal::v1;  // NOLINT: the messages of one service.

// Heads of one question: what a gateway gathers while one is under way.
constexpr int kHeadsMax = 256;
// Of those, how many the store is asked for at once: a gateway waits for 16 round trips at most,
// and the store has room for others.
constexpr std::size_t kHeadsAtOnce = 16;
// What is left of the asker's time for the answer, when the last read was given up.
constexpr auto kHeadsAnswerTime = std::chrono::milliseconds(500);

Task<CheckTokenResponse> CheckToken(const InternalPorts& ports, Caller caller,
                                    CheckTokenRequest request) {
  Secret token{std::string(request.access_token())};
  Wipe(*request.mutable_access_token());
  YAP_CO_TRY(const auto who,
             co_await ports.accounts.Authenticate(std::move(token), caller.deadline));
  CheckTokenResponse response;
  response.set_user_id(who.user.value);
  response.set_username(who.username);
  response.set_session_id(who.session.value);
  response.set_admin(who.admin);
  co_return response;
}

Task<ResolveChannelResponse> ResolveChannel(const InternalPorts& ports, Caller caller,
                                            ResolveChannelRequest request) {
  YAP_CO_TRY(auto ref, FromProto(request.channel()));
  const auto* name = std::get_if<std::string>(&ref);
  ResolveChannelResponse response;
  response.set_channel_id(request.channel().id());
  if (name == nullptr) co_return response;
  YAP_CO_TRY(const auto channel, co_await ports.channels.AdminGet(*name, caller.deadline));
  response.set_channel_id(channel.id.value);
  co_return response;
}

// One channel that cannot be read, or not in time, keeps no other from its asker.
Task<HeadsResponse> Heads(const InternalPorts& ports, Caller caller, HeadsRequest request) {
  if (request.channel_ids_size() > kHeadsMax) {
    co_return Fail(Errc::kInvalidArgument, core::reason::kListTooLong,
                   fmt::format("at most {} channels in one question", kHeadsMax));
  }
  const Deadline deadline{caller.deadline.at - kHeadsAnswerTime};
  std::vector<Task<core::Head>> asking;
  for (const auto id : request.channel_ids()) {
    asking.push_back(ports.log.ReadHead(core::ChannelId(id), deadline));
  }
  const auto heads = co_await AwaitAll(std::move(asking), kHeadsAtOnce);
  HeadsResponse response;
  for (int i = 0; i < request.channel_ids_size(); ++i) {
    const auto& head = heads[static_cast<std::size_t>(i)];
    if (head) ToProto(core::ChannelId(request.channel_ids(i)), *head, response.add_heads());
  }
  if (response.heads_size() == 0 && !heads.empty()) co_return Fail(heads.front().error());
  co_return response;
}

Task<HeadsSinceResponse> HeadsSince(const InternalPorts& ports, Caller, HeadsSinceRequest request) {
  HeadsSinceResponse response;
  ToProto(ports.journal.After({request.life(), request.position()}), &response);
  co_return response;
}

Task<ReadEventsResponse> ReadEvents(const InternalPorts& ports, Caller caller,
                                    ReadEventsRequest request) {
  const core::ChannelId channel(request.channel_id());
  const auto limit = std::clamp<std::size_t>(request.limit(), 1, core::kReadPageMax);
  YAP_CO_TRY(const auto page, co_await ports.log.Read(channel, core::Seq(request.after_seq()),
                                                      limit, caller.deadline));
  ReadEventsResponse response;
  ToProto(page, channel, &response);
  co_return response;
}

Task<ReadRevocationsResponse> ReadRevocations(const InternalPorts& ports, Caller caller,
                                              ReadRevocationsRequest request) {
  std::optional<core::RevocationHead> after;
  if (request.has_after_seq()) {
    after = {core::Seq(request.after_seq()), core::Epoch(request.epoch())};
  }
  YAP_CO_TRY(const auto page, co_await core::ReadRevocations(ports.log, after, caller.deadline));
  ReadRevocationsResponse response;
  ToProto(page, &response);
  co_return response;
}

// The one that passes a status through: a Subscribe's errors are a client's.
asio::awaitable<Answer<std::string>> Authorize(std::shared_ptr<SubscribeAuthority> authority,
                                               Caller caller, std::string bytes) {
  auto request = Decode<AuthorizeRequest>(bytes);
  if (!request) co_return std::unexpected(ToStatus(request.error()));
  const Deadline deadline = caller.deadline;
  auto options = co_await authority->Authorise(std::move(caller),
                                               std::move(*request->mutable_subscribe()), deadline);
  if (!options) co_return std::unexpected(std::move(options).error());
  AuthorizeResponse response;
  ToProto(*options, &response);
  co_return response.SerializeAsString();
}

constexpr std::string_view kPrefix = "/yap.internal.v1.InternalService/";

template <class Request, class Response>
void Add(MethodTable& table, std::string_view name, const InternalPorts& ports,
         Task<Response> (*method)(const InternalPorts&, Caller, Request)) {
  table.Unary<Request, Response>(std::string(kPrefix) + std::string(name), yap::v1::POLICY_PUBLIC,
                                 [ports, method](Caller caller, Request request) {
                                   return method(ports, std::move(caller), std::move(request));
                                 });
}

}  // namespace

void AddInternalService(MethodTable& table, const InternalPorts& ports) {
  Add(table, "CheckToken", ports, CheckToken);
  Add(table, "ResolveChannel", ports, ResolveChannel);
  Add(table, "Heads", ports, Heads);
  Add(table, "HeadsSince", ports, HeadsSince);
  Add(table, "ReadEvents", ports, ReadEvents);
  Add(table, "ReadRevocations", ports, ReadRevocations);
  table.Forward(std::string(kPrefix) + "Authorize", yap::v1::POLICY_USER,
                [authority = std::shared_ptr(NewLocalAuthority(ports.channels))](
                    Caller caller, std::string bytes) {
                  return Authorize(authority, std::move(caller), std::move(bytes));
                });
}

}  // namespace yap::api
