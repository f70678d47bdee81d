#include <algorithm>
#include <array>

#include "api/decode.h"
#include "api/errors.h"
#include "api/services.h"
#include "core/reasons.h"
#include "grpc/health/v1/health.pb.h"

namespace yap::api {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// How often Watch looks; a change of readiness is seen within it.
constexpr auto kWatchInterval = std::chrono::seconds(1);

constexpr std::array<std::string_view, 4> kServices = {
    "yap.v1.AuthService", "yap.v1.UserService", "yap.v1.ChannelService", "yap.v1.MessageService"};

class Health {
 public:
  Health(const Readiness& readiness, Clock& clock) : readiness_(readiness), clock_(clock) {}

  asio::awaitable<edge::Status> Check(std::shared_ptr<edge::Call> call) {
    const auto request = co_await ReadRequest(*call);
    if (!request) co_return ToStatus(request.error());
    const auto status = StatusOf(request->service());
    if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
      co_return ToStatus(
          MakeError(Errc::kNotFound, core::reason::kServiceUnknown,
                    "no service of that name; an empty name asks for the whole server"));
    }
    co_await call->Write(Encode(status));
    co_return edge::Status{};
  }

  asio::awaitable<edge::Status> Watch(std::shared_ptr<edge::Call> call) {
    const auto request = co_await ReadRequest(*call);
    if (!request) co_return ToStatus(request.error());
    std::optional<HealthCheckResponse::ServingStatus> told;
    while (!call->Ended()) {
      const auto now = StatusOf(request->service());
      if (told != now && !co_await call->Write(Encode(now))) break;
      told = now;
      co_await SleepFor(clock_, kWatchInterval);
    }
    co_return edge::Status{};
  }

 private:
  static Task<HealthCheckRequest> ReadRequest(edge::Call& call) {
    YAP_CO_TRY(const auto message, co_await call.Read());
    co_return Decode<HealthCheckRequest>(message.value_or(""));
  }

  static std::string Encode(HealthCheckResponse::ServingStatus status) {
    HealthCheckResponse response;
    response.set_status(status);
    return response.SerializeAsString();
  }

  HealthCheckResponse::ServingStatus StatusOf(const std::string& service) const {
    if (service.empty()) return HealthCheckResponse::SERVING;  // It answers, so it lives.
    if (std::ranges::find(kServices, service) == kServices.end()) {
      return HealthCheckResponse::SERVICE_UNKNOWN;
    }
    return readiness_.Get() ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
  }

  const Readiness& readiness_;
  Clock& clock_;
};

}  // namespace

void AddHealthService(MethodTable& table, const Readiness& readiness, Clock& clock) {
  auto health = std::make_shared<Health>(readiness, clock);
  table.Open("/grpc.health.v1.Health/Check", MethodTable::StreamKind::kUnary,
             [health](Caller, std::shared_ptr<edge::Call> call) {
               return health->Check(std::move(call));
             });
  table.Open("/grpc.health.v1.Health/Watch", MethodTable::StreamKind::kServer,
             [health](Caller, std::shared_ptr<edge::Call> call) {
               return health->Watch(std::move(call));
             });
}

}  // namespace yap::api
