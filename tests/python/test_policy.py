"""Every RPC × every kind of caller who should not get through. The list comes from the descriptors:
a new method is tested the day it is added."""

import time

import grpc
import pytest

from chat import (auth_service_pb2, channel_service_pb2, cursor, details, key, message_service_pb2, ref,
                  types_pb2, user_service_pb2)

FILES = (auth_service_pb2, channel_service_pb2, message_service_pb2, user_service_pb2)
from yap.v1 import options_pb2  # noqa: E402

METHODS = [method for file in FILES for service in file.DESCRIPTOR.services_by_name.values()
           for method in service.methods]
PUBLIC = options_pb2.POLICY_PUBLIC
USER = options_pb2.POLICY_USER


def policy(method):
    return method.GetOptions().Extensions[options_pb2.policy]


def path(method):
    return f"/{method.containing_service.full_name}/{method.name}"


def invoke(chat, method, request, metadata):
    kind = chat.channel.unary_stream if method.name == "Subscribe" else chat.channel.unary_unary
    response_class = message_service_pb2.SubscribeResponse if method.name == "Subscribe" else None
    call = kind(path(method), request_serializer=lambda m: m.SerializeToString(),
                response_deserializer=response_class.FromString if response_class else lambda b: b)
    answer = call(request, metadata=metadata, timeout=10)
    return next(iter(answer)) if method.name == "Subscribe" else answer


def empty(method):
    file = next(f for f in FILES if f.DESCRIPTOR is method.containing_service.file)
    return getattr(file, method.input_type.name)()


def test_every_method_is_here_and_has_a_policy():
    assert len(METHODS) >= 26
    assert all(policy(m) != options_pb2.POLICY_UNSPECIFIED for m in METHODS)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """ada owns a private and a public channel; eve is in neither; mallory's session was revoked."""
    from chat import Chat
    from yapd import Yapd
    server = Yapd(tmp_path_factory.mktemp("policy") / "data").start()
    ada, eve, mallory = (Chat(server.target).register(n) for n in ("ada", "eve", "mallory"))
    ada.create("vault", private=True)
    ada.create("square")
    ada.send("vault", "secret")
    ada.send("square", "open")
    mallory.call(mallory.auth.Logout, auth_service_pb2.LogoutRequest())
    yield {"server": server, "ada": ada, "eve": eve, "mallory": mallory}
    for chat in (ada, eve, mallory):
        chat.close()
    server.close()


BAD_TOKENS = {
    "no token": [],
    "garbage": [("authorization", "Bearer hunter2")],
    "not a bearer": [("authorization", "Basic YTpi")],
    "right shape, unknown": [("authorization", "Bearer yap_a_" + "A" * 43)],
    "empty": [("authorization", "Bearer")],
}


@pytest.mark.parametrize("who", [*BAD_TOKENS, "revoked", "refresh token as access token"])
@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_without_a_good_token_nothing_but_the_door_opens(place, method, who):
    mallory, ada = place["mallory"], place["ada"]
    metadata = {**BAD_TOKENS, "revoked": mallory.metadata,
                "refresh token as access token":
                    [("authorization", f"Bearer {ada.tokens.refresh_token}")]}[who]
    with pytest.raises(grpc.RpcError) as refused:
        invoke(ada, method, empty(method), metadata)
    if policy(method) == PUBLIC:  # An empty request: refused for what it says, not for who asks.
        assert refused.value.code() != grpc.StatusCode.INTERNAL
        assert refused.value.code() != grpc.StatusCode.UNKNOWN
    else:
        assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED, refused.value


def about(method, channel):
    """A well-formed request about a channel, for every method that takes one."""
    request = empty(method)
    if method.name == "Subscribe":
        request.cursors.append(cursor(channel))
        return request
    request.channel.CopyFrom(ref(channel))
    if method.name in ("InviteMember", "RemoveMember", "SetRole"):
        request.user.name = "ada" if method.name != "InviteMember" else "eve"
    if method.name == "SetRole":
        request.role = types_pb2.ROLE_MEMBER
    if method.name == "SendMessage":
        request.client_msg_id, request.text = key(), "let me in"
    if method.name == "UpdateChannel":
        request.topic = "mine now"
    if method.name == "MarkRead":
        request.seq = 1
    return request


IN_CHANNEL = [m for m in METHODS if "channel" in m.input_type.fields_by_name or
              m.name == "Subscribe"]


@pytest.mark.parametrize("method", IN_CHANNEL, ids=lambda m: m.name)
def test_a_foreign_private_channel_does_not_exist(place, method):
    with pytest.raises(grpc.RpcError) as refused:
        invoke(place["eve"], method, about(method, "vault"), place["eve"].metadata)
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND, refused.value


# GetChannel is how one looks at a public channel, and JoinChannel how one joins it.
@pytest.mark.parametrize("method", [m for m in IN_CHANNEL if m.name not in ("GetChannel", "JoinChannel")],
                         ids=lambda m: m.name)
def test_a_public_channel_is_closed_until_joined(place, method):
    with pytest.raises(grpc.RpcError) as refused:
        invoke(place["eve"], method, about(method, "square"), place["eve"].metadata)
    assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED, refused.value
    assert "join" in refused.value.details()


def test_another_users_session_cannot_be_revoked(place):
    ada, eve = place["ada"], place["eve"]
    mine = ada.call(ada.auth.ListSessions, auth_service_pb2.ListSessionsRequest()).sessions
    with pytest.raises(grpc.RpcError) as refused:
        eve.call(eve.auth.RevokeSession,
                 auth_service_pb2.RevokeSessionRequest(session_id=mine[0].id))
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND
    ada.call(ada.auth.WhoAmI, auth_service_pb2.WhoAmIRequest())


def test_anothers_inbox_does_not_exist(place):
    ada, eve = place["ada"], place["eve"]
    inbox = ada.call(ada.auth.WhoAmI, auth_service_pb2.WhoAmIRequest()).inbox_channel_id
    assert inbox != 0
    with pytest.raises(grpc.RpcError) as refused:
        eve.events(inbox)
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND
    for name in (f"inbox:{ada.user.id}", "inbox"):
        with pytest.raises(grpc.RpcError) as refused:
            eve.events(name)
        assert refused.value.code() == grpc.StatusCode.NOT_FOUND


def test_an_expired_token_opens_nothing_and_says_so(tmp_path):
    """Access tokens of one second: every method that needs a user refuses, until the client refreshes."""
    from chat import Chat
    from yapd import Yapd
    server = Yapd(tmp_path / "data", env={"YAPD_ACCOUNTS_ACCESS_TOKEN_SECONDS": "1"}).start()
    ada = Chat(server.target).register("ada")
    time.sleep(1.5)
    for method in METHODS:
        if policy(method) == PUBLIC:
            continue
        with pytest.raises(grpc.RpcError) as refused:
            invoke(ada, method, empty(method), ada.metadata)
        assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED, method.name
        assert details(refused.value)[0] == "TOKEN_EXPIRED", method.name
    fresh = ada.call(ada.auth.Refresh, auth_service_pb2.RefreshRequest(
        refresh_token=ada.tokens.refresh_token)).tokens
    invoke(ada, next(m for m in METHODS if m.name == "WhoAmI"), auth_service_pb2.WhoAmIRequest(),
           [("authorization", f"Bearer {fresh.access_token}")])
    ada.close()
    server.close()


def test_a_user_has_at_most_so_many_streams(make_server, connect):
    server = make_server(env={"YAPD_LIMITS_STREAMS_PER_USER": "2"})
    ada, bob = connect(server).register("ada"), connect(server).register("bob")
    first, second = ada.subscribe(cursor("lobby")), ada.subscribe(cursor("lobby"))
    next(first), next(second)
    with pytest.raises(grpc.RpcError) as refused:
        next(ada.subscribe(cursor("lobby"), timeout=10))
    reason, found = details(refused.value)
    assert reason == "TOO_MANY_STREAMS" and "RetryInfo" in found
    next(bob.subscribe(cursor("lobby")))
    first.cancel()
    end = time.monotonic() + 10
    while True:  # The server learns of the cancellation a moment later.
        try:
            next(ada.subscribe(cursor("lobby")))
            break
        except grpc.RpcError:
            assert time.monotonic() < end
