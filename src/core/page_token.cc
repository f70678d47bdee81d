#include "core/page_token.h"

#include "base/encoding.h"
#include "core/reasons.h"
#include "crypto/hash.h"

namespace yap::core {
namespace {

constexpr std::size_t kScopeBytes = 8;

// The letter and a digest of the scope: of fixed length, so that it can be told from what follows.
std::string Prefix(char list, std::string_view scope) {
  const Digest digest = Sha256(scope);
  return list + std::string(AsView(digest).substr(0, kScopeBytes));
}

}  // namespace

std::string MakePageToken(char list, std::string_view scope, std::string_view after) {
  return ToBase64Url(Prefix(list, scope).append(after));
}

Result<std::string> ReadPageToken(char list, std::string_view scope, std::string_view token) {
  if (token.empty()) return "";
  const auto bytes = FromBase64Url(token);
  const auto prefix = Prefix(list, scope);
  if (!bytes || !bytes->starts_with(prefix) || bytes->size() == prefix.size()) {
    return Fail(MakeError(Errc::kInvalidArgument, reason::kPageTokenInvalid,
                          "the page token is not one of this list; start again without one")
                    .InField("page_token"));
  }
  return bytes->substr(prefix.size());
}

}  // namespace yap::core
