"""A cluster of real programs: one chat-service on SQLite, two gateways before it, no bus. What is sent
at one gateway is seen at the other, whatever is killed; the end of a session is felt everywhere."""

import base64
import os
import signal
import subprocess
import threading
import time

import grpc
import pytest
from grpc.health.v1 import health_pb2, health_pb2_grpc
from yap.internal.v1 import internal_service_pb2

from chat import (PASSWORD, Chat, History, Reader, auth_service_pb2, cursor, details, key)
from yapd import YAPD, ChatService, GatewayServer, wait_for


def serving(target):
    with grpc.insecure_channel(target) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(service="yap.v1.MessageService"), timeout=2)
        except grpc.RpcError:
            return False
        return answer.status == health_pb2.HealthCheckResponse.SERVING


class Cluster:
    def __init__(self, root, gateways=2):
        self.root = root
        self.secret = root / "cluster.key"
        self.chat = ChatService(root / "chat", self.secret).start()
        self.gateways = [self.gateway(f"gateway{i}") for i in range(gateways)]

    def gateway(self, name, secret=None, ready=True):
        made = GatewayServer(self.root / name, [self.chat.target], secret or self.secret).start()
        if ready:
            wait_for(lambda: serving(made.target), what=f"{name} to serve")
        return made

    def close(self):
        for process in (*self.gateways, self.chat):
            process.close()


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path)
    yield made
    made.close()


@pytest.fixture
def at(cluster):
    """at(i): a client on gateway i."""
    made = []

    def connect(i, token=None):
        made.append(Chat(cluster.gateways[i].target, token))
        return made[-1]

    yield connect
    for chat in made:
        chat.close()


def frames(stream, seconds=10):
    """Collects a stream on a thread: [frames], and the error it ended with, once it has."""
    seen = {"frames": [], "error": None, "done": threading.Event(), "at": None}

    def collect():
        try:
            for frame in stream:
                seen["frames"].append(frame)
        except grpc.RpcError as error:
            seen["error"] = error
        seen["at"] = time.monotonic()
        seen["done"].set()

    threading.Thread(target=collect, daemon=True).start()
    wait_for(lambda: seen["frames"], seconds, "the stream to begin")
    return seen


def texts(seen):
    return [f.event.message_posted.text for f in seen["frames"]
            if f.HasField("event") and f.event.HasField("message_posted")]


def reason(call):
    with pytest.raises(grpc.RpcError) as failed:
        call()
    return failed.value.code().name, details(failed.value)[0]


def test_send_at_one_gateway_is_seen_at_the_other_within_two_seconds(at):
    ada = at(0).register("ada")
    ada.create("deck")
    there = at(1, ada.token)
    seen = frames(there.subscribe(cursor("deck", 0)))
    for i in range(3):
        ada.send("deck", f"message {i}")
        begin = time.monotonic()
        wait_for(lambda: f"message {i}" in texts(seen), 5, "the message")
        assert time.monotonic() - begin <= 2.0


def test_every_service_answers_through_a_gateway(at):
    ada, bo = at(0).register("ada"), at(1).register("bo")
    ada.create("attic", private=True)
    ada.invite("attic", "bo")
    bo.send("attic", "hello")
    events, _ = ada.events("attic")
    assert events[-1].message_posted.text == "hello"
    assert reason(lambda: at(0).register("ada")) == ("ALREADY_EXISTS", "NAME_TAKEN")
    assert reason(lambda: bo.create("attic")) == ("ALREADY_EXISTS", "NAME_TAKEN")
    carl = at(0).register("carl")
    assert reason(lambda: carl.events("attic")) == ("NOT_FOUND", "CHANNEL_NOT_FOUND")
    refreshed = at(1).call(ada.auth.Refresh, auth_service_pb2.RefreshRequest(
        refresh_token=ada.tokens.refresh_token))
    assert refreshed.tokens.access_token.startswith("yap_a_")


def load(at, history, channel, stop, gateways=(0, 1)):
    """Sends from both gateways until told to stop; returns the threads."""
    def send(i):
        chat = at(i).login("ada")
        while not stop.is_set():
            msg_id = key()
            invoked = time.monotonic_ns()
            answer = chat.send_surely(channel, f"from {i}", msg_id)
            history.sent(channel, msg_id, "stored", answer.seq, invoked, time.monotonic_ns())
            time.sleep(0.01)

    threads = [threading.Thread(target=send, args=(i,), daemon=True) for i in gateways]
    for thread in threads:
        thread.start()
    return threads


def test_c9_kill_9_of_the_chat_service_loses_and_doubles_nothing(cluster, at):
    ada = at(0).register("ada")
    ada.create("deck")
    history, stop = History(), threading.Event()
    readers = [Reader(at(i, ada.token), "deck", history, f"reader{i}") for i in range(2)]
    threads = load(at, history, "deck", stop)
    for _ in range(3):
        time.sleep(1)
        cluster.chat.kill()
        time.sleep(0.3)
        cluster.chat.start()
    time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join(timeout=60)
    _, page = ada.events("deck")
    wait_for(lambda: all(r.last >= page.head for r in readers), 30, "readers to catch up")
    for reader in readers:
        reader.stop()
        history.read_to(reader.stream, "deck", page.head)
    assert not any(reader.told for reader in readers)
    print(history.check())


def test_c9_kill_9_of_a_gateway_and_its_clients_resume_at_the_other(cluster, at):
    ada = at(0).register("ada")
    ada.create("deck")
    history, stop = History(), threading.Event()
    reader = Reader(at(0, ada.token), "deck", history, "reader")
    threads = load(at, history, "deck", stop, gateways=(1,))
    time.sleep(1)
    cluster.gateways[0].kill()
    reader.chat = at(1, ada.token)
    time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join(timeout=60)
    _, page = reader.chat.events("deck")
    wait_for(lambda: reader.last >= page.head, 30, "the reader to catch up")
    reader.stop()
    assert reader.resumes >= 1 and not reader.told
    history.read_to("reader", "deck", page.head)
    print(history.check())


def ends_within_two_seconds(seen, begin):
    assert seen["done"].wait(10)
    assert seen["at"] - begin <= 2.0
    assert seen["error"].code() == grpc.StatusCode.UNAUTHENTICATED
    assert details(seen["error"])[0] == "SESSION_REVOKED"


def test_logout_ends_streams_and_tokens_at_the_other_gateway(at):
    ada = at(0).register("ada")
    ada.create("deck")
    there = at(1, ada.token)
    seen = frames(there.subscribe(cursor("deck", 0)))
    there.events("deck")
    ada.call(ada.auth.Logout, auth_service_pb2.LogoutRequest())
    begin = time.monotonic()
    ends_within_two_seconds(seen, begin)
    time.sleep(max(0, begin + 2 - time.monotonic()))
    assert reason(lambda: there.events("deck")) == ("UNAUTHENTICATED", "TOKEN_INVALID")
    assert reason(lambda: next(iter(there.subscribe(cursor("deck", 0), timeout=5))))[0] == (
        "UNAUTHENTICATED")


def test_password_change_ends_the_other_sessions_everywhere(at):
    ada = at(0).register("ada")
    ada.create("deck")
    other = at(1).login("ada")
    seen = frames(other.subscribe(cursor("deck", 0)))
    ada.call(ada.auth.ChangePassword, auth_service_pb2.ChangePasswordRequest(
        old_password=PASSWORD, new_password="four large red boats"))
    ends_within_two_seconds(seen, time.monotonic())
    ada.send("deck", "my own session lives")


def test_a_kick_is_felt_at_the_other_gateway_within_two_seconds(at):
    ada, bo = at(0).register("ada"), at(1).register("bo")
    ada.create("deck")
    bo.join("deck")
    seen = frames(bo.subscribe(cursor("deck", 0)))
    ada.remove("deck", "bo")
    begin = time.monotonic()
    ada.send("deck", "without bo")
    wait_for(lambda: any(f.HasField("ended") for f in seen["frames"]), 5, "the end")
    assert time.monotonic() - begin <= 2.0
    assert "without bo" not in texts(seen)
    assert reason(lambda: bo.events("deck"))[0] == "PERMISSION_DENIED"


def test_forged_identity_is_stripped(at):
    ada, eve = at(0).register("ada"), at(0).register("eve")
    forged = internal_service_pb2.Identity(user_id=ada.user.id, username="ada", admin=True)
    who = eve.auth.WhoAmI(auth_service_pb2.WhoAmIRequest(), timeout=5, metadata=[
        *eve.metadata, ("yap-identity-bin", forged.SerializeToString()),
        ("yap-proof-bin", b"x" * 32)])
    assert who.user.id == eve.user.id
    with pytest.raises(grpc.RpcError) as refused:
        eve.auth.WhoAmI(auth_service_pb2.WhoAmIRequest(), timeout=5,
                        metadata=[("yap-identity-bin", forged.SerializeToString())])
    assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_the_internal_port_answers_nobody_without_proof(cluster, at):
    ada = at(0).register("ada")
    with grpc.insecure_channel(cluster.chat.target) as channel:
        identity = internal_service_pb2.Identity(user_id=ada.user.id, username="ada")
        for path in ("/yap.v1.AuthService/WhoAmI", "/yap.internal.v1.InternalService/Heads"):
            call = channel.unary_unary(path, request_serializer=bytes, response_deserializer=bytes)
            for metadata in ([], [("authorization", f"Bearer {ada.token}")],
                             [("yap-identity-bin", identity.SerializeToString()),
                              ("yap-proof-bin", os.urandom(32))]):
                with pytest.raises(grpc.RpcError) as refused:
                    call(b"", metadata=metadata, timeout=5)
                assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED
                assert details(refused.value)[0] == "PEER_UNTRUSTED"


def test_a_gateway_with_the_wrong_secret_serves_nobody_and_says_why(cluster, tmp_path):
    other = tmp_path / "other.key"
    other.write_bytes(os.urandom(32))
    other.chmod(0o600)
    stranger = cluster.gateway("stranger", secret=other, ready=False)
    try:
        chat = Chat(stranger.target, "yap_a_" + base64.urlsafe_b64encode(b"x" * 32).decode()[:43])
        assert reason(lambda: chat.events("deck")) == ("UNAVAILABLE", "UPSTREAM_UNAVAILABLE")
        wait_for(lambda: "does not trust" in stranger.tail(), what="the log to say why")
        assert not serving(stranger.target)
        chat.close()
    finally:
        stranger.close()


def test_without_the_chat_service_it_is_unavailable_never_unauthenticated(cluster, at):
    ada = at(0).register("ada")
    ada.create("deck")
    cluster.chat.kill()
    end = time.monotonic() + 4
    while time.monotonic() < end:
        begin = time.monotonic()
        assert reason(lambda: ada.send("deck", "x", timeout=10))[0] == "UNAVAILABLE"
        assert reason(lambda: ada.events("deck"))[0] == "UNAVAILABLE"
        assert time.monotonic() - begin <= 2.0
        time.sleep(0.2)
    cluster.chat.start()
    ada.send_surely("deck", "back", key())


def test_a_gateway_that_was_stopped_leaks_nothing_when_it_goes_on(cluster, at):
    ada, bo = at(0).register("ada"), at(0).register("bo")
    ada.create("deck")
    bo.join("deck")
    there = at(1, bo.token)
    seen = frames(there.subscribe(cursor("deck", 0)))
    cluster.gateways[1].process.send_signal(signal.SIGSTOP)
    try:
        bo.call(bo.auth.Logout, auth_service_pb2.LogoutRequest())
        time.sleep(3)
        ada.send("deck", "after bo has gone")
    finally:
        cluster.gateways[1].process.send_signal(signal.SIGCONT)
    assert seen["done"].wait(10)
    assert seen["error"].code() == grpc.StatusCode.UNAUTHENTICATED
    assert "after bo has gone" not in texts(seen)


def test_sigterm_of_each_role_exits_zero_and_tells_streams_to_reconnect(cluster, at):
    ada = at(0).register("ada")
    ada.create("deck")
    seen = frames(ada.subscribe(cursor("deck", 0)))
    assert cluster.gateways[0].stop() == 0
    assert seen["done"].wait(10)
    assert any(f.HasField("reconnect") for f in seen["frames"])
    assert cluster.chat.stop() == 0


def test_check_config_names_what_cannot_be_reached(cluster, tmp_path):
    def check(services, secret):
        return subprocess.run(
            [YAPD, "check-config", "--connect", "--role", "api", "--bus-kind", "none",
             "--cluster-chat-services", services, "--cluster-secret-file", str(secret)],
            capture_output=True, text=True, timeout=30)

    good = check(cluster.chat.target, cluster.secret)
    assert good.returncode == 0, good.stderr
    gone = check(f"{cluster.chat.target},127.0.0.1:1", cluster.secret)
    assert gone.returncode == 2
    assert "127.0.0.1:1 " in gone.stderr and cluster.chat.target not in gone.stderr
    other = tmp_path / "other.key"
    other.write_bytes(os.urandom(32))
    other.chmod(0o600)
    wrong = check(cluster.chat.target, other)
    assert wrong.returncode == 2 and cluster.chat.target in wrong.stderr
