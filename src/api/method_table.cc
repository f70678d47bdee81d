#include "api/method_table.h"

#include "api/errors.h"
#include "base/check.h"
#include "base/log.h"
#include "core/reasons.h"

namespace yap::api {
namespace {

constexpr std::string_view kBearer = "Bearer ";

Result<Secret> BearerToken(const edge::Call& call) {
  const auto header = call.Get("authorization");
  if (!header) {
    return Fail(
        Errc::kUnauthenticated, core::reason::kTokenMissing,
        "this call needs an access token: log in, then send 'authorization: Bearer <token>'");
  }
  if (!header->starts_with(kBearer)) {
    return Fail(Errc::kUnauthenticated, core::reason::kTokenInvalid,
                "the authorization header is not 'Bearer <access token>'");
  }
  return Secret(std::string(header->substr(kBearer.size())));
}

core::PeerAddress AddressOf(const edge::Peer& peer) { return {peer.address, peer.loopback}; }

}  // namespace

Error MalformedRequest() {
  return MakeError(
      Errc::kInvalidArgument, core::reason::kRequestMalformed,
      "the request is not a valid message of this method; is the client's schema current?");
}

class MethodTable::UnaryHandler final : public edge::UnaryHandler {
 public:
  UnaryHandler(MethodTable& table, yap::v1::Policy policy, BytesMethod method)
      : table_(table), policy_(policy), method_(std::move(method)) {}

 protected:
  asio::awaitable<Reply> Handle(edge::Call& call, std::string request) override {
    auto caller = co_await table_.Admit(policy_, call);
    if (!caller) co_return std::unexpected(ToStatus(caller.error()));
    auto reply = co_await method_(*std::move(caller), std::move(request));
    if (!reply) co_return std::unexpected(ToStatus(reply.error()));
    co_return *std::move(reply);
  }

 private:
  MethodTable& table_;
  const yap::v1::Policy policy_;
  const BytesMethod method_;
};

class MethodTable::StreamHandler final : public edge::Handler {
 public:
  StreamHandler(MethodTable& table, StreamKind kind, std::optional<yap::v1::Policy> policy,
                StreamMethod method)
      : table_(table), kind_(kind), policy_(policy), method_(std::move(method)) {}

  edge::HandlerTraits Traits() const override {
    switch (kind_) {
      case StreamKind::kUnary:
        return {};
      case StreamKind::kServer:
        return {.kind = edge::CallKind::kServerStream, .deadline_max = Duration::max()};
      case StreamKind::kBidi:
        return {.kind = edge::CallKind::kBidi, .deadline_max = Duration::max()};
    }
    return {};
  }

  asio::awaitable<edge::Status> Serve(std::shared_ptr<edge::Call> call) override {
    Caller caller{{}, AddressOf(call->GetPeer()), call->GetDeadline()};
    if (policy_) {
      auto admitted = co_await table_.Admit(*policy_, *call);
      if (!admitted) co_return ToStatus(admitted.error());
      caller = *std::move(admitted);
    }
    co_return co_await method_(std::move(caller), std::move(call));
  }

 private:
  MethodTable& table_;
  const StreamKind kind_;
  const std::optional<yap::v1::Policy> policy_;
  const StreamMethod method_;
};

MethodTable::MethodTable(core::Accounts& accounts, Clock& clock)
    : accounts_(accounts), clock_(clock) {}
MethodTable::~MethodTable() = default;

edge::Handler* MethodTable::Find(std::string_view path) {
  const auto it = handlers_.find(path);
  return it == handlers_.end() ? nullptr : it->second.get();
}

void MethodTable::AddUnary(std::string path, BytesMethod method) {
  const auto policy = PolicyOf(path);
  YAP_CHECK(policy != yap::v1::POLICY_UNSPECIFIED, path);
  handlers_[path] = std::make_unique<UnaryHandler>(*this, policy, std::move(method));
}

void MethodTable::Stream(std::string path, StreamMethod method) {
  const auto policy = PolicyOf(path);
  YAP_CHECK(policy != yap::v1::POLICY_UNSPECIFIED, path);
  handlers_[path] =
      std::make_unique<StreamHandler>(*this, StreamKind::kServer, policy, std::move(method));
}

void MethodTable::Open(std::string path, StreamKind kind, StreamMethod method) {
  handlers_[path] = std::make_unique<StreamHandler>(*this, kind, std::nullopt, std::move(method));
}

// MEMBER, MODERATOR and OWNER are judged by core, in the order of the channel's log; here they mean
// "a user", as everything that is not PUBLIC does.
Task<Caller> MethodTable::Admit(yap::v1::Policy policy, edge::Call& call) {
  // A caller's deadline is finite for ports even where a stream's is not.
  const Deadline deadline = std::min(call.GetDeadline(), Deadline::After(clock_, kAdmitMax));
  Caller caller{{}, AddressOf(call.GetPeer()), call.GetDeadline()};
  if (policy == yap::v1::POLICY_PUBLIC) co_return caller;
  YAP_CO_TRY(Secret token, BearerToken(call));
  YAP_CO_TRY(caller.who, co_await accounts_.Authenticate(std::move(token), deadline));
  if (policy == yap::v1::POLICY_ADMIN && !caller.who.admin) {
    co_return Fail(Errc::kPermissionDenied, core::reason::kPermissionRequired,
                   "this call is for administrators; 'yapd admin user promote' makes one");
  }
  co_return caller;
}

}  // namespace yap::api
