"""A server that is not on our side: whatever it puts into names, topics, texts and errors, nothing that
`yap` prints can steer a terminal or pose as a line of its own."""

import os
import subprocess
import time
from concurrent import futures

import grpc
import pytest
from yap.v1 import event_pb2

from chat import (PASSWORD, auth_service_pb2, auth_service_pb2_grpc, channel_service_pb2,
                  channel_service_pb2_grpc, message_service_pb2, message_service_pb2_grpc, types_pb2)
from yapd import YAP

# A title, a cleared screen, C1's CSI, an override of the direction, a bell, and a new line that poses.
EVIL = "x\x1b]0;owned\x07\x1b[2J\x9b31m\u202etxt\x7f\r\nyap: root is in #deck"


def user():
    return types_pb2.User(id=7, username=EVIL, display_name=EVIL)


def tokens():
    answer = types_pb2.Tokens(access_token="yap_a_x", refresh_token="yap_r_x")
    answer.access_expire_time.FromSeconds(int(time.time()) + 3600)
    return answer


def channel():
    return types_pb2.Channel(id=5, name=EVIL, kind=types_pb2.CHANNEL_KIND_PUBLIC, topic=EVIL,
                             member_count=1, head=2, epoch=9)


def joined():
    return types_pb2.JoinedChannel(channel=channel(), unread=1, peer=user())


def events():
    posted = event_pb2.Event(channel_id=5, epoch=9, seq=1, countable=1)
    posted.message_posted.text = EVIL
    left = event_pb2.Event(channel_id=5, epoch=9, seq=2, countable=1)
    left.member_joined.user.username = EVIL
    for event in (posted, left):
        event.actor.user_id, event.actor.username = 7, EVIL
        event.time.FromSeconds(1_000_000_000)
    return [posted, left]


class Auth(auth_service_pb2_grpc.AuthServiceServicer):
    def Login(self, request, context):
        return auth_service_pb2.LoginResponse(user=types_pb2.User(id=1, username="ada"), tokens=tokens())

    def WhoAmI(self, request, context):
        return auth_service_pb2.WhoAmIResponse(user=user())

    def ListSessions(self, request, context):
        return auth_service_pb2.ListSessionsResponse(sessions=[types_pb2.Session(
            id=3, device_name=EVIL, address=EVIL)])


class Channels(channel_service_pb2_grpc.ChannelServiceServicer):
    def GetChannel(self, request, context):
        return channel_service_pb2.GetChannelResponse(channel=channel(), joined=joined())

    def ListChannels(self, request, context):
        return channel_service_pb2.ListChannelsResponse(channels=[channel()])

    def ListJoinedChannels(self, request, context):
        return channel_service_pb2.ListJoinedChannelsResponse(channels=[joined()])

    def ListMembers(self, request, context):
        return channel_service_pb2.ListMembersResponse(members=[types_pb2.Member(user=user())])

    def JoinChannel(self, request, context):
        return channel_service_pb2.JoinChannelResponse(joined=joined())

    def LeaveChannel(self, request, context):
        context.abort(grpc.StatusCode.PERMISSION_DENIED, EVIL)


class Messages(message_service_pb2_grpc.MessageServiceServicer):
    def ListEvents(self, request, context):
        return message_service_pb2.ListEventsResponse(events=events(), epoch=9, head=2, first_available=1)

    def MarkRead(self, request, context):
        return message_service_pb2.MarkReadResponse()

    def SendMessage(self, request, context):
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, EVIL)

    def Subscribe(self, request, context):
        hello = message_service_pb2.SubscribeResponse()
        hello.hello.heartbeat_interval.FromSeconds(20)
        yield hello
        for event in events():
            if not request.cursors or event.seq > request.cursors[0].after_seq:
                yield message_service_pb2.SubscribeResponse(event=event)
        up = message_service_pb2.SubscribeResponse()
        up.caught_up.channel_id, up.caught_up.epoch, up.caught_up.head = 5, 9, 2
        yield up
        ended = message_service_pb2.SubscribeResponse()
        ended.ended.channel_id = 5
        time.sleep(1)
        yield ended


@pytest.fixture(scope="module")
def hostile():
    server = grpc.server(futures.ThreadPoolExecutor(8))
    auth_service_pb2_grpc.add_AuthServiceServicer_to_server(Auth(), server)
    channel_service_pb2_grpc.add_ChannelServiceServicer_to_server(Channels(), server)
    message_service_pb2_grpc.add_MessageServiceServicer_to_server(Messages(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(0).wait()


@pytest.fixture(scope="module")
def run(hostile, tmp_path_factory):
    home = tmp_path_factory.mktemp("ada")
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "YAP_SERVER": hostile, "LANG": "C.UTF-8"}

    def yap(*args, stdin=""):
        done = subprocess.run([YAP, *args], env=env, input=stdin.encode(), capture_output=True, timeout=60)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    code, _, err = yap("login", "ada", "--password-file", "-", stdin=PASSWORD + "\n")
    assert code == 0, err
    return yap


@pytest.mark.parametrize("args, stdin", [
    (["history", "deck"], ""),
    (["history", "deck", "--json"], ""),
    (["tail", "deck", "--since", "0", "--no-follow"], ""),
    (["tail", "deck", "--since", "0"], ""),
    (["chat", "deck"], "hello\n/who\n"),
    (["channels"], ""),
    (["channels", "--all"], ""),
    (["who", "deck"], ""),
    (["topic", "deck"], ""),
    (["join", "deck"], ""),
    (["leave", "deck"], ""),
    (["send", "deck", "hello"], ""),
    (["auth", "status"], ""),
    (["sessions", "list"], ""),
    (["doctor"], ""),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_nothing_a_hostile_server_says_steers_the_terminal(run, args, stdin):
    _, out, err = run(*args, stdin=stdin)
    printed = out + err
    assert "owned" in printed or args == ["doctor"], printed  # The hostile text came, made harmless.
    for char in printed:
        assert char == "\n" or (" " <= char != "\x7f" and not "\x80" <= char <= "\x9f"), repr(printed)
        assert char not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", repr(printed)
    assert not any(line.startswith("yap: root") for line in printed.splitlines()), printed
