// store/errors.h: the errors that every adapter words alike. Reasons are those of core/reasons.h,
// but for the lost compare-and-sets, which core/ answers by trying again.
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "base/result.h"
#include "core/ids.h"
#include "core/reasons.h"

namespace yap::store {

inline std::unexpected<Error> HeadMoved(core::Seq head) {
  return Fail(MakeError(Errc::kConflict, "HEAD_MOVED",
                        fmt::format("the channel's newest event is {} by now; read what is new",
                                    head.value))
                  .With("head", fmt::format("{}", head.value)));
}
inline std::unexpected<Error> ChannelNotFound() {
  return Fail(Errc::kNotFound, core::reason::kChannelNotFound, "there is no such channel");
}
inline std::unexpected<Error> UserNotFound() {
  return Fail(Errc::kNotFound, core::reason::kUserNotFound, "there is no such user");
}
inline std::unexpected<Error> SessionNotFound() {
  return Fail(Errc::kNotFound, core::reason::kSessionNotFound, "there is no such session");
}
inline std::unexpected<Error> AccessNotFound() {
  return Fail(Errc::kNotFound, core::reason::kTokenInvalid, "there is no such access token");
}
inline std::unexpected<Error> InviteInvalid() {
  return Fail(Errc::kNotFound, core::reason::kInviteInvalid,
              "this invitation is unknown, used up or expired; ask for a new one");
}
inline std::unexpected<Error> NameTaken() {
  return Fail(Errc::kAlreadyExists, core::reason::kNameTaken,
              "this name is taken; choose another one");
}
// Of a random 63-bit id, so a mistake or an old backup rather than chance.
inline std::unexpected<Error> IdTaken(std::string_view what) {
  return Fail(Errc::kAlreadyExists, "ID_TAKEN",
              fmt::format("there is a {} with this id already; choose another id", what));
}
inline std::unexpected<Error> VersionMoved() {
  return Fail(Errc::kConflict, "VERSION_MOVED", "the user was changed meanwhile; read it again");
}
inline std::unexpected<Error> CounterMoved() {
  return Fail(Errc::kConflict, "COUNTER_MOVED",
              "the session was refreshed meanwhile; read it again");
}
inline std::unexpected<Error> StoreFull() {
  return Fail(Errc::kResourceExhausted, core::reason::kStoreFull,
              "the store's disk is full: nothing was stored; free space and try again");
}

}  // namespace yap::store
