// client/rpc.h: the methods of yap.v1 with their types, and what may be done with each.
#pragma once

#include "yap/v1/auth_service.pb.h"
#include "yap/v1/channel_service.pb.h"
#include "yap/v1/message_service.pb.h"
#include "yap/v1/user_service.pb.h"

namespace yap::client {

// Whether a method takes the access token (every policy but PUBLIC), and whether an attempt whose
// outcome is unknown may be repeated (`idempotency_level` in the proto). rpc_test.cc compares both
// with the descriptors.
struct RpcTraits {
  const char* method;
  bool with_token;
  bool repeatable;
};

template <class RequestType, class ResponseType>
struct Rpc : RpcTraits {
  using Request = RequestType;
  using Response = ResponseType;
};

#define YAP_RPC(service, name, with_token, repeatable)                    \
  inline constexpr Rpc<v1::name##Request, v1::name##Response> k##name = { \
      {"/yap.v1." #service "/" #name, with_token, repeatable}}

YAP_RPC(AuthService, Register, false, true);
YAP_RPC(AuthService, Login, false, false);
YAP_RPC(AuthService, Refresh, false, true);
YAP_RPC(AuthService, Logout, true, true);
YAP_RPC(AuthService, WhoAmI, true, true);
YAP_RPC(AuthService, ListSessions, true, true);
YAP_RPC(AuthService, RevokeSession, true, true);
YAP_RPC(AuthService, ChangePassword, true, false);
YAP_RPC(UserService, GetUsers, true, true);
YAP_RPC(UserService, UpdateProfile, true, true);
YAP_RPC(ChannelService, CreateChannel, true, true);
YAP_RPC(ChannelService, GetChannel, true, true);
YAP_RPC(ChannelService, ListChannels, true, true);
YAP_RPC(ChannelService, ListJoinedChannels, true, true);
YAP_RPC(ChannelService, JoinChannel, true, true);
YAP_RPC(ChannelService, LeaveChannel, true, true);
YAP_RPC(ChannelService, ListMembers, true, true);
YAP_RPC(ChannelService, OpenDirect, true, true);
YAP_RPC(ChannelService, UpdateChannel, true, true);
YAP_RPC(ChannelService, InviteMember, true, true);
YAP_RPC(ChannelService, RemoveMember, true, true);
YAP_RPC(ChannelService, SetRole, true, true);
YAP_RPC(MessageService, SendMessage, true, true);
YAP_RPC(MessageService, ListEvents, true, true);
YAP_RPC(MessageService, Subscribe, true, true);
YAP_RPC(MessageService, MarkRead, true, true);

#undef YAP_RPC

}  // namespace yap::client
