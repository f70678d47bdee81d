// core/page_token.h: where a list goes on, as an opaque text (AIP-158). It says from where, never
// who may: every page is authorised anew, so a forged token shows nothing that a request could not.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace yap::core {

// `list` is the list's own letter and `scope` what it was asked for (a channel, a prefix): a token
// of another list or scope is refused. The next page starts after `after`.
std::string MakePageToken(char list, std::string_view scope, std::string_view after);
// `after`, or "" for an empty token. Errors: InvalidArgument "PAGE_TOKEN_INVALID".
Result<std::string> ReadPageToken(char list, std::string_view scope, std::string_view token);

}  // namespace yap::core
