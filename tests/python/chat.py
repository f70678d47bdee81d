"""A stock gRPC client: what anybody would write against the .proto files, nothing of yap's own."""

import base64
import itertools
import json
import os
import subprocess
import threading
import time
from pathlib import Path

import grpc
from google.rpc import error_details_pb2, status_pb2
from yap.v1 import (auth_service_pb2, auth_service_pb2_grpc, channel_service_pb2,
                    channel_service_pb2_grpc, message_service_pb2, message_service_pb2_grpc,
                    types_pb2, user_service_pb2, user_service_pb2_grpc)

from yapd import PASSWORD


def key():
    return os.urandom(16)


def details(error: grpc.RpcError):
    """(reason, {detail name: message}) of a failed call."""
    for name, value in error.trailing_metadata() or ():
        if name != "grpc-status-details-bin":
            continue
        status = status_pb2.Status.FromString(value)
        found, reason = {}, None
        for any_detail in status.details:
            name = any_detail.type_url.rsplit(".", 1)[-1]
            message = getattr(error_details_pb2, name)()
            any_detail.Unpack(message)
            found[name] = message
            if name == "ErrorInfo":
                reason = message.reason
                assert message.domain == "yap.chat"
        return reason, found
    return None, {}


def surely(call, seconds=60):
    """call(attempt), again where docs/api.md says that a client tries again; returns its answer."""
    end = time.monotonic() + seconds
    for attempt in itertools.count(1):
        try:
            return call(attempt)
        except grpc.RpcError as error:
            retriable = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED,
                         grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.INTERNAL)
            if error.code() not in retriable or time.monotonic() > end:
                raise
            time.sleep(0.05)


class Chat:
    """One user on one connection."""

    def __init__(self, target, token=None):
        self.channel = grpc.insecure_channel(target, options=[
            ("grpc.initial_reconnect_backoff_ms", 50), ("grpc.min_reconnect_backoff_ms", 50),
            ("grpc.max_reconnect_backoff_ms", 500)])
        self.auth = auth_service_pb2_grpc.AuthServiceStub(self.channel)
        self.users = user_service_pb2_grpc.UserServiceStub(self.channel)
        self.channels = channel_service_pb2_grpc.ChannelServiceStub(self.channel)
        self.messages = message_service_pb2_grpc.MessageServiceStub(self.channel)
        self.token = token
        self.user = None
        self.tokens = None

    @property
    def metadata(self):
        return [("authorization", f"Bearer {self.token}")] if self.token else []

    def close(self):
        self.channel.close()

    def call(self, method, request, timeout=15, wait=False):
        return method(request, metadata=self.metadata, timeout=timeout, wait_for_ready=wait)

    def _signed_in(self, response):
        self.user, self.tokens = response.user, response.tokens
        self.token = response.tokens.access_token
        return self

    def register(self, name, password=PASSWORD, **more):
        return self._signed_in(self.call(self.auth.Register, auth_service_pb2.RegisterRequest(
            username=name, password=password, device_name="test", **more)))

    def login(self, name, password=PASSWORD, **more):
        return self._signed_in(self.call(self.auth.Login, auth_service_pb2.LoginRequest(
            username=name, password=password, device_name="test", **more)))

    def create(self, name, private=False, **more):
        visibility = types_pb2.VISIBILITY_PRIVATE if private else types_pb2.VISIBILITY_PUBLIC
        return self.call(self.channels.CreateChannel, channel_service_pb2.CreateChannelRequest(
            name=name, visibility=visibility, request_id=key(), **more)).joined

    def join(self, name):
        return self.call(self.channels.JoinChannel, channel_service_pb2.JoinChannelRequest(
            channel=ref(name), request_id=key())).joined

    def leave(self, name):
        return self.call(self.channels.LeaveChannel, channel_service_pb2.LeaveChannelRequest(
            channel=ref(name), request_id=key()))

    def invite(self, name, user):
        return self.call(self.channels.InviteMember, channel_service_pb2.InviteMemberRequest(
            channel=ref(name), user=types_pb2.UserRef(name=user), request_id=key()))

    def remove(self, name, user, ban=False):
        return self.call(self.channels.RemoveMember, channel_service_pb2.RemoveMemberRequest(
            channel=ref(name), user=types_pb2.UserRef(name=user), ban=ban, request_id=key()))

    def send(self, name, text, msg_id=None, timeout=15, attempt=1, wait=False):
        return self.call(self.messages.SendMessage, message_service_pb2.SendMessageRequest(
            channel=ref(name), client_msg_id=msg_id or key(), text=text, attempt=attempt),
            timeout=timeout, wait=wait)

    def send_surely(self, name, text, msg_id, seconds=60):
        """Again with the same key until it is stored; returns the answer."""
        return surely(lambda attempt: self.send(name, text, msg_id, attempt=attempt, timeout=5), seconds)

    def events(self, name, after=0, size=200):
        """The whole history after a seq, page by page."""
        out = []
        while True:
            page = self.call(self.messages.ListEvents, message_service_pb2.ListEventsRequest(
                channel=ref(name), after_seq=after, page_size=size))
            out.extend(page.events)
            if not page.events or not page.has_newer:
                return out, page
            after = page.events[-1].seq

    def subscribe(self, *cursors, follow=False, timeout=None):
        return self.messages.Subscribe(message_service_pb2.SubscribeRequest(
            cursors=list(cursors), follow_joined=follow), metadata=self.metadata, timeout=timeout)


def ref(name):
    if isinstance(name, int):
        return types_pb2.ChannelRef(id=name)
    return types_pb2.ChannelRef(name=name)


def cursor(name, after=None, epoch=0):
    made = message_service_pb2.Cursor(channel=ref(name), epoch=epoch)
    if after is not None:
        made.after_seq = after
    return made


class Reader(threading.Thread):
    """Reads one channel for ever, resuming by itself from its last seq, and writes down all it saw."""

    def __init__(self, chat, channel, history, name, after=0):
        super().__init__(daemon=True)
        self.chat, self.channel, self.history, self.stream = chat, channel, history, name
        self.last, self.epoch = after, 0
        self.told = []  # EpochChanged, Truncated and Ended, as they came.
        self.resumes = 0
        self.stopping = threading.Event()
        self.going = threading.Event()
        self.going.set()
        self.response = None
        self.start()

    def run(self):
        while not self.stopping.is_set():
            self.going.wait()
            try:
                self.response = self.chat.subscribe(cursor(self.channel, self.last, self.epoch))
                for frame in self.response:
                    self.take(frame)
            except grpc.RpcError as error:
                if error.code() == grpc.StatusCode.UNAUTHENTICATED:
                    return
            if self.told:
                return
            self.resumes += 1
            time.sleep(0.02)

    def take(self, frame):
        kind = frame.WhichOneof("frame")
        if kind == "event":
            event = frame.event
            self.epoch, self.last = event.epoch, event.seq
            self.history.deliver(self.stream, str(self.channel), event)
        elif kind in ("epoch_changed", "truncated", "ended"):
            self.told.append(frame)

    def pause(self):
        """Does not resume until go_on; REQUIRES: no stream is open."""
        self.going.clear()

    def go_on(self):
        self.going.set()

    def stop(self):
        self.stopping.set()
        self.going.set()
        if self.response is not None:
            self.response.cancel()
        self.join(timeout=20)


class History:
    """What was done and seen, judged by the checker that every test of yap uses."""

    def __init__(self):
        self.lines = []
        self.lock = threading.Lock()

    def add(self, record):
        with self.lock:
            self.lines.append(json.dumps(record))

    def sent(self, channel, msg_id, answer, seq=0, invoked=0, answered=0):
        self.add({"send": {"channel": str(channel), "key": encode(msg_id), "answer": answer,
                           "seq": seq, "invoked": invoked, "answered": answered}})

    def deliver(self, stream, channel, event):
        self.add({"deliver": {"stream": stream, "channel": channel, "seq": event.seq,
                              "key": encode(event.client_msg_id) if
                              event.WhichOneof("body") == "message_posted" else "",
                              "at": time.monotonic_ns()}})

    def read_to(self, stream, channel, head):
        self.add({"read_to": {"stream": stream, "channel": str(channel), "head": head}})

    def check(self):
        checker = Path(os.environ["YAPD"]).parent / "check-history"
        run = subprocess.run([checker], input="\n".join(self.lines) + "\n", text=True,
                             capture_output=True, timeout=60)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout


def encode(raw):
    return base64.b16encode(raw).decode()


__all__ = ["Chat", "History", "PASSWORD", "Reader", "auth_service_pb2", "channel_service_pb2",
           "cursor", "details", "key", "message_service_pb2", "ref", "types_pb2",
           "user_service_pb2"]
