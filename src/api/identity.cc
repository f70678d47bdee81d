#include "api/identity.h"

#include <algorithm>

#include "api/errors.h"
#include "core/reasons.h"
#include "crypto/hash.h"
#include "yap/internal/v1/internal_service.pb.h"

namespace yap::api {
namespace {

using yap::internal::v1::Identity;

Error Untrusted() {
  return MakeError(Errc::kUnauthenticated, core::reason::kPeerUntrusted,
                   "this is a chat-service's internal port and you are not one of its gateways; "
                   "clients connect to a gateway, and gateways need the same cluster.secret_file "
                   "or a certificate of cluster.tls_ca_file");
}

Error NoUser() {
  return MakeError(Errc::kUnauthenticated, core::reason::kTokenMissing,
                   "the gateway named no user for a call that needs one");
}

Caller CallerOf(const Identity& identity, Deadline deadline) {
  return {.who = {.user = core::UserId(identity.user_id()),
                  .username = identity.username(),
                  .session = core::SessionId(identity.session_id()),
                  .admin = identity.admin()},
          .peer = {identity.peer_address(), identity.peer_loopback()},
          .deadline = deadline};
}

class IdentityAdmission final : public Admission {
 public:
  explicit IdentityAdmission(PeerTrust trust) : trust_(std::move(trust)) {}

  asio::awaitable<Answer<Caller>> Admit(yap::v1::Policy policy, edge::Call& call) override {
    const auto bytes = call.Get(kIdentityHeader);
    Identity identity;
    if (!bytes || !Trusted(call, *bytes) || !identity.ParseFromString(std::string(*bytes))) {
      call.AddTrailer({std::string(kRefusedTrailer), "1"});
      co_return std::unexpected(ToStatus(Untrusted()));
    }
    if (policy != yap::v1::POLICY_PUBLIC && identity.user_id() == 0) {
      co_return std::unexpected(ToStatus(NoUser()));
    }
    co_return CallerOf(identity, call.GetDeadline());
  }

 private:
  bool Trusted(const edge::Call& call, std::string_view identity) const {
    if (trust_.key.empty()) return HasCertificate(call.GetPeer());
    const auto proof = call.Get(kProofHeader);
    return proof && ConstantTimeEqual(*proof, ProofOf(trust_.key, call.Path(), identity));
  }

  bool HasCertificate(const edge::Peer& peer) const {
    if (!peer.tls || (peer.certificate_subject.empty() && peer.certificate_names.empty())) {
      return false;
    }
    return trust_.names.empty() || std::ranges::any_of(peer.certificate_names, [&](auto& name) {
             return std::ranges::find(trust_.names, name) != trust_.names.end();
           });
  }

  const PeerTrust trust_;
};

}  // namespace

std::string EncodeIdentity(const Caller& caller) {
  Identity identity;
  identity.set_user_id(caller.who.user.value);
  identity.set_username(caller.who.username);
  identity.set_session_id(caller.who.session.value);
  identity.set_admin(caller.who.admin);
  identity.set_peer_address(caller.peer.text);
  identity.set_peer_loopback(caller.peer.loopback);
  return identity.SerializeAsString();
}

std::string ProofOf(const Secret& key, std::string_view path, std::string_view identity) {
  return std::string(AsView(HmacSha256(key.Reveal(), {"yap internal call", path, identity})));
}

std::unique_ptr<Admission> NewIdentityAdmission(PeerTrust trust) {
  return std::make_unique<IdentityAdmission>(std::move(trust));
}

}  // namespace yap::api
