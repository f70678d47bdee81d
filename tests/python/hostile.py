"""A server that is not on our side: whatever may hold text holds what could steer a terminal, or pose as a
line of yap's own."""

import contextlib
import threading
import time
from concurrent import futures

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from yap.v1 import event_pb2

from chat import (auth_service_pb2, auth_service_pb2_grpc, channel_service_pb2, channel_service_pb2_grpc,
                  message_service_pb2, message_service_pb2_grpc, types_pb2)

# A title, a cleared screen, C1's CSI and OSC, overrides of the direction, ends of lines of Unicode, a bell,
# another charset, and a new line that poses.
EVIL = ("x\x1b]0;owned\x07\x1b[2J\x9b31m\x9d0;owned\x9c\u202etxt\u2066\u2028\u2029\u0085\x0e\x7f\b\b"
        "\r\nyap: root is in #deck")
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

INBOX, PUBLIC, DIRECT, ADDED = 2, 5, 6, 7
EPOCH = 9


def is_harmless(char):
    """Whether a terminal only draws it; a new line is not."""
    return not (char < " " or "\x7f" <= char <= "\x9f" or char in BIDI or char in "\u2028\u2029")


def user():
    return types_pb2.User(id=7, username=EVIL, display_name=EVIL)


def tokens():
    answer = types_pb2.Tokens(access_token="yap_a_x", refresh_token="yap_r_x")
    answer.access_expire_time.FromSeconds(int(time.time()) + 3600)
    return answer


def channel(number=PUBLIC):
    kind = types_pb2.CHANNEL_KIND_DIRECT if number == DIRECT else types_pb2.CHANNEL_KIND_PUBLIC
    return types_pb2.Channel(id=number, name=f"{number}{EVIL}", kind=kind, topic=EVIL, member_count=1,
                             head=len(events(number)), epoch=EPOCH)


def joined(number=PUBLIC):
    return types_pb2.JoinedChannel(channel=channel(number), unread=1, peer=user())


def event(number, seq, **body):
    made = event_pb2.Event(channel_id=number, epoch=EPOCH, seq=seq, countable=seq, **body)
    made.actor.user_id, made.actor.username = 7, EVIL
    made.time.FromSeconds(1_000_000_000)
    return made


def events(number=PUBLIC):
    """The log of a channel; that of the inbox is empty."""
    someone = event_pb2.EventUser(user_id=8, username=EVIL)
    bodies = [] if number == INBOX else [
        {"channel_created": event_pb2.ChannelCreated(name=EVIL, topic=EVIL)},
        {"member_joined": event_pb2.MemberJoined(user=someone)},
        {"member_role_changed": event_pb2.MemberRoleChanged(user=someone, role=types_pb2.ROLE_MODERATOR)},
        {"member_removed": event_pb2.MemberRemoved(user=someone, banned=True)},
        {"channel_changed": event_pb2.ChannelChanged(topic=EVIL)},
        {"message_posted": event_pb2.MessagePosted(text="* " + EVIL)},
        {"message_posted": event_pb2.MessagePosted(text=EVIL)}]
    return [event(number, seq, **body) for seq, body in enumerate(bodies, 1)]


def news():
    """What happens while somebody follows: calls for the reader, and an invitation."""
    yield event(PUBLIC, len(events()) + 1, message_posted=event_pb2.MessagePosted(text="@ada " + EVIL))
    yield event(DIRECT, len(events()) + 1, message_posted=event_pb2.MessagePosted(text=EVIL))
    yield event(INBOX, 1, added_to_channel=event_pb2.AddedToChannel(
        channel_id=ADDED, channel_name=EVIL, kind=types_pb2.CHANNEL_KIND_PUBLIC))
    yield event(INBOX, 2, removed_from_channel=event_pb2.RemovedFromChannel(
        channel_id=ADDED, channel_name=EVIL, reason=types_pb2.END_REASON_BANNED))


def refuse(context, code):
    """As yapd refuses, with text in all that an error has."""
    info = any_pb2.Any()
    info.Pack(error_details_pb2.ErrorInfo(reason=EVIL, domain="yap.chat", metadata={EVIL: EVIL}))
    status = status_pb2.Status(code=code.value[0], message=EVIL, details=[info])
    context.set_trailing_metadata([("grpc-status-details-bin", status.SerializeToString())])
    context.abort(code, EVIL)


class Auth(auth_service_pb2_grpc.AuthServiceServicer):
    def Register(self, request, context):
        refuse(context, grpc.StatusCode.ALREADY_EXISTS)

    def Login(self, request, context):
        return auth_service_pb2.LoginResponse(user=types_pb2.User(id=1, username="ada"), tokens=tokens())

    def WhoAmI(self, request, context):
        return auth_service_pb2.WhoAmIResponse(user=user(), inbox_channel_id=INBOX)

    def ListSessions(self, request, context):
        return auth_service_pb2.ListSessionsResponse(sessions=[types_pb2.Session(
            id=3, device_name=EVIL, address=EVIL)])


class Channels(channel_service_pb2_grpc.ChannelServiceServicer):
    def GetChannel(self, request, context):
        return channel_service_pb2.GetChannelResponse(channel=channel(), joined=joined())

    def ListChannels(self, request, context):
        return channel_service_pb2.ListChannelsResponse(channels=[channel(ADDED)])

    def ListJoinedChannels(self, request, context):
        return channel_service_pb2.ListJoinedChannelsResponse(channels=[joined(), joined(DIRECT)])

    def ListMembers(self, request, context):
        return channel_service_pb2.ListMembersResponse(members=[types_pb2.Member(user=user())])

    def JoinChannel(self, request, context):
        return channel_service_pb2.JoinChannelResponse(joined=joined())

    def LeaveChannel(self, request, context):
        refuse(context, grpc.StatusCode.PERMISSION_DENIED)


class Messages(message_service_pb2_grpc.MessageServiceServicer):
    def __init__(self):
        self.tell = threading.Event()

    def ListEvents(self, request, context):
        log = events(request.channel.id or PUBLIC)
        return message_service_pb2.ListEventsResponse(events=log, epoch=EPOCH, head=len(log), first_available=1)

    def MarkRead(self, request, context):
        return message_service_pb2.MarkReadResponse()

    def SendMessage(self, request, context):
        refuse(context, grpc.StatusCode.INVALID_ARGUMENT)

    def Subscribe(self, request, context):
        hello = message_service_pb2.SubscribeResponse()
        hello.hello.heartbeat_interval.FromSeconds(20)
        yield hello
        for cursor in request.cursors:
            yield from past(cursor)
        if request.follow_joined:
            yield from self.live(context)
        else:
            time.sleep(1)
            yield message_service_pb2.SubscribeResponse(ended=message_service_pb2.Ended(channel_id=PUBLIC))

    def live(self, context):
        """The news, when somebody has asked for them; then silence."""
        while context.is_active() and not self.tell.wait(0.05):
            pass
        for each in news():
            yield message_service_pb2.SubscribeResponse(event=each)
        while context.is_active():
            time.sleep(0.05)


def past(cursor):
    number = cursor.channel.id or PUBLIC
    log = events(number)
    for each in log[cursor.after_seq:]:
        yield message_service_pb2.SubscribeResponse(event=each)
    yield message_service_pb2.SubscribeResponse(caught_up=message_service_pb2.CaughtUp(
        channel_id=number, epoch=EPOCH, head=len(log)))


@contextlib.contextmanager
def serving():
    """(address, what makes the news come once it is set)."""
    server = grpc.server(futures.ThreadPoolExecutor(8))
    messages = Messages()
    auth_service_pb2_grpc.add_AuthServiceServicer_to_server(Auth(), server)
    channel_service_pb2_grpc.add_ChannelServiceServicer_to_server(Channels(), server)
    message_service_pb2_grpc.add_MessageServiceServicer_to_server(messages, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}", messages.tell
    finally:
        server.stop(0).wait()
