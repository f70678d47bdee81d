"""The delivery contract, line by line, through a stock gRPC client against the real server."""

import subprocess
import threading
import time

import grpc
import pytest

from chat import (Chat, History, Reader, auth_service_pb2, cursor, details, key,
                  message_service_pb2, ref)
from yapd import YAPD, wait_for


def test_c1_acknowledged_messages_survive_kill_9(server, connect):
    ada = connect(server).register("ada")
    ada.create("deck")
    acknowledged = {}
    for i in range(200):
        msg = key()
        acknowledged[msg] = ada.send("deck", f"message {i}", msg).seq
        if i % 50 == 49:
            server.restart()
            wait_for(lambda: reachable(ada), what="the server to be back")
    events, page = ada.events("deck")
    stored = {e.client_msg_id: e.seq for e in events if e.HasField("message_posted")}
    assert stored == acknowledged
    assert [e.seq for e in events] == list(range(1, page.head + 1))


def reachable(chat):
    try:
        chat.call(chat.auth.WhoAmI, auth_service_pb2.WhoAmIRequest(), timeout=1)
        return True
    except grpc.RpcError:
        return False


def test_c2_one_order_and_real_time_order_with_concurrent_senders(server, connect):
    history = History()
    ada = connect(server).register("ada")
    ada.create("deck")
    readers = [Reader(connect(server, ada.token), "deck", history, f"reader{i}") for i in range(3)]

    def sender(n):
        chat = connect(server, ada.token)
        for i in range(100):
            msg, begin = key(), time.monotonic_ns()
            seq = chat.send("deck", f"{n}/{i}", msg).seq
            history.sent("deck", msg, "stored", seq, begin, time.monotonic_ns())

    threads = [threading.Thread(target=sender, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _, page = ada.events("deck")
    for reader in readers:
        wait_for(lambda r=reader: r.last == page.head, what="a reader to reach the head")
        history.read_to(reader.stream, "deck", page.head)
        reader.stop()
    history.check()


def test_c3_no_gap_no_double_through_any_number_of_resumes(server, connect):
    """Streams are cut again and again, by the client and by kill -9; the reader only resumes."""
    history = History()
    ada = connect(server).register("ada")
    ada.create("deck")
    reader = Reader(connect(server, ada.token), "deck", history, "reader")
    for i in range(400):
        msg, begin = key(), time.monotonic_ns()
        seq = ada.send_surely("deck", f"message {i}", msg).seq
        history.sent("deck", msg, "stored", seq, begin, time.monotonic_ns())
        if i % 20 == 10 and reader.response is not None:
            reader.response.cancel()
        if i % 100 == 50:
            server.restart()
    _, page = ada.events("deck")
    wait_for(lambda: reader.last == page.head, what="the reader to reach the head")
    history.read_to("reader", "deck", page.head)
    reader.stop()
    assert reader.resumes > 5
    history.check()


def test_c3_resume_from_any_age_is_exact(server, connect):
    ada = connect(server).register("ada")
    ada.create("deck")
    for i in range(1500):  # More than a room log's tail holds.
        ada.send("deck", f"message {i}")
    head = ada.events("deck")[1].head
    for after in (0, 1, head // 2, head - 1, head):
        stream = ada.subscribe(cursor("deck", after), timeout=30)
        seqs = []
        for frame in stream:
            if frame.HasField("event"):
                seqs.append(frame.event.seq)
            if frame.HasField("caught_up"):
                assert frame.caught_up.head >= head
                break
        stream.cancel()
        assert seqs == list(range(after + 1, head + 1))


def test_c4_a_cursor_beyond_the_head_is_told_not_silent(server, connect):
    ada = connect(server).register("ada")
    ada.create("deck")
    ada.send("deck", "one")
    stream = ada.subscribe(cursor("deck", 4711), timeout=10)
    frame = next(f for f in stream if f.HasField("epoch_changed"))
    assert frame.epoch_changed.head == ada.events("deck")[1].head
    stream.cancel()


def test_c4_another_epoch_is_told_not_silent(server, connect):
    ada = connect(server).register("ada")
    ada.create("deck")
    ada.send("deck", "one")
    stream = ada.subscribe(cursor("deck", 1, epoch=12345), timeout=10)
    frame = next(f for f in stream if f.HasField("epoch_changed"))
    assert frame.epoch_changed.epoch == ada.events("deck")[1].epoch
    stream.cancel()


def test_c4_a_stock_client_that_resumes_by_itself_is_told_of_a_restored_store(server, connect, tmp_path):
    """It only ever resumes at the last event it saw. The store under it goes back in time, and grows
    past its cursor again: it must be told, and not be given other events under numbers it knows."""
    history = History()
    ada = connect(server).register("ada")
    ada.create("deck")
    ada.send("deck", "kept")
    subprocess.run([YAPD, "backup", tmp_path / "copy", "--data", server.data], check=True, env=server.env,
                   capture_output=True)
    reader = Reader(connect(server, ada.token), "deck", history, "reader")
    lost = [ada.send("deck", f"lost {i}").seq for i in range(3)]
    wait_for(lambda: reader.last == lost[-1], what="the reader to see what will be lost")
    epoch, resumes = reader.epoch, reader.resumes
    server.stop()
    reader.pause()
    subprocess.run([YAPD, "restore", tmp_path / "copy", "--data", server.data], check=True,
                   env=server.env, capture_output=True)
    server.start()
    others = [ada.send_surely("deck", f"other {i}", key()).seq for i in range(5)]
    assert others[0] < lost[-1] < others[-1]
    reader.go_on()
    wait_for(lambda: reader.told, what="the reader to be told")
    assert reader.resumes > resumes
    assert reader.last == lost[-1]  # Nothing of the other log came as if it went on.
    told = reader.told[0].epoch_changed
    assert told.epoch != epoch and told.head == others[-1]
    reader.stop()
    follower = Reader(connect(server, ada.token), "deck", history, "follower")
    wait_for(lambda: follower.last == others[-1], what="the new log to be read whole")
    assert follower.epoch == told.epoch and not follower.told
    follower.stop()


def test_c5_every_retry_gets_the_same_seq(server, connect):
    ada = connect(server).register("ada")
    ada.create("deck")
    msg = key()
    first = ada.send("deck", "once", msg)
    for attempt in range(2, 5):
        again = ada.send("deck", "once", msg, attempt=attempt)
        assert (again.seq, again.epoch) == (first.seq, first.epoch)
        assert again.create_time == first.create_time
    server.restart()
    assert ada.send_surely("deck", "once", msg).seq == first.seq
    results = []
    threads = [threading.Thread(
        target=lambda: results.append(connect(server, ada.token).send("deck", "once", msg).seq))
        for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(results) == {first.seq}
    texts = [e.message_posted.text for e in ada.events("deck")[0] if e.HasField("message_posted")]
    assert texts == ["once"]


def test_c5_same_key_another_body_already_exists(server, connect):
    ada = connect(server).register("ada")
    ada.create("deck")
    msg = key()
    ada.send("deck", "one", msg)
    with pytest.raises(grpc.RpcError) as refused:
        ada.send("deck", "two", msg)
    assert refused.value.code() == grpc.StatusCode.ALREADY_EXISTS
    assert details(refused.value)[0] == "KEY_REUSED"


def test_c5_a_retry_is_answered_even_after_its_sender_was_removed(server, connect):
    ada = connect(server).register("ada")
    bob = connect(server).register("bob")
    ada.create("deck")
    bob.join("deck")
    msg = key()
    first = bob.send("deck", "my last words", msg)
    ada.remove("deck", "bob")
    assert bob.send("deck", "my last words", msg, attempt=2).seq == first.seq


@pytest.mark.parametrize("text, reason", [
    ("", "TEXT_EMPTY"),
    ("x" * (16 * 1024 + 1), "TEXT_TOO_LONG"),
    ("\n".join("x" * 401), "TEXT_TOO_MANY_LINES"),
    ("a\x1b[31mred", "TEXT_FORBIDDEN_CHARACTER"),
    ("a\u202eb", "TEXT_FORBIDDEN_CHARACTER"),
    ("x" + "\u0301" * 9, "TEXT_TOO_MANY_MARKS"),
])
def test_c6_a_definite_error_stored_nothing(server, connect, text, reason):
    ada = connect(server).register("ada")
    ada.create("deck")
    before = ada.events("deck")[1].head
    with pytest.raises(grpc.RpcError) as refused:
        ada.send("deck", text)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    found, more = details(refused.value)
    assert found == reason
    assert more["BadRequest"].field_violations[0].field == "text"
    assert ada.events("deck")[1].head == before


def test_c6_invalid_utf8_is_refused_with_its_place(server, connect):
    """protobuf's Python refuses to build such a request, so the bytes are made by hand."""
    ada = connect(server).register("ada")
    ada.create("deck")
    good = message_service_pb2.SendMessageRequest(channel=ref("deck"), client_msg_id=key(),
                                                  text="caf!").SerializeToString()
    raw = ada.channel.unary_unary("/yap.v1.MessageService/SendMessage",
                                  request_serializer=lambda b: b, response_deserializer=lambda b: b)
    with pytest.raises(grpc.RpcError) as refused:
        raw(good.replace(b"caf!", b"caf\xff"), metadata=ada.metadata, timeout=10)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    reason, more = details(refused.value)
    assert reason == "TEXT_INVALID_UTF8"
    assert more["ErrorInfo"].metadata == {"position": "3"}
    assert more["BadRequest"].field_violations[0].field == "text"
    assert "byte 4 cannot stand there" in refused.value.details()


REFUSED_AT_THE_EDGE = [
    ("message", "/yap.v1.AuthService/Login", b"x" * 70_000, {}, "RESOURCE_EXHAUSTED",
     "REQUEST_TOO_LARGE", {"bytes": "70000", "bytes_max": "65536"}),
    ("metadata", "/yap.v1.AuthService/Login", b"", {"metadata": [("x-large", "x" * 9_000)]},
     "RESOURCE_EXHAUSTED", "METADATA_TOO_LARGE", {"bytes_max": "8192"}),
    ("method", "/yap.v1.AuthService/Logon", b"", {}, "UNIMPLEMENTED", "METHOD_UNKNOWN",
     {"method": "/yap.v1.AuthService/Logon"}),
    ("compressed", "/yap.v1.AuthService/Login", b"x" * 2_000,
     {"compression": grpc.Compression.Gzip}, "UNIMPLEMENTED", "COMPRESSION_UNSUPPORTED", {}),
]


@pytest.mark.parametrize("what,method,request_bytes,options,code,reason,metadata",
                         REFUSED_AT_THE_EDGE, ids=[case[0] for case in REFUSED_AT_THE_EDGE])
def test_c6_errors_of_the_edge_have_details_too(server, connect, what, method, request_bytes,
                                                options, code, reason, metadata):
    call = connect(server).channel.unary_unary(method, request_serializer=lambda b: b,
                                               response_deserializer=lambda b: b)
    with pytest.raises(grpc.RpcError) as refused:
        call(request_bytes, timeout=10, **options)
    assert refused.value.code() == grpc.StatusCode[code]
    found, more = details(refused.value)
    assert found == reason
    assert more["ErrorInfo"].metadata == metadata


@pytest.mark.parametrize("how", ["logout", "kick", "ban", "password", "admin lock", "admin revoke"])
def test_c10_revocation_ends_delivery_within_two_seconds(server, connect, how):
    ada = connect(server).register("ada")
    bob = connect(server).register("bob")
    ada.create("deck")
    bob.join("deck")
    seen, ended = [], threading.Event()

    def read():
        try:
            for frame in bob.subscribe(cursor("deck")):
                if frame.HasField("event"):
                    seen.append(frame.event)
                if frame.HasField("ended"):
                    ended.set()
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.UNAUTHENTICATED:
                ended.set()

    threading.Thread(target=read, daemon=True).start()
    wait_for(lambda: ada.send("deck", "are you there?") and seen, what="bob to hear")
    revoke(how, server, ada, bob)
    begin = time.monotonic()
    assert ended.wait(5)
    assert time.monotonic() - begin < 2.0
    count = len(seen)
    secret = ada.send("deck", "not for bob").seq
    time.sleep(0.5)
    assert secret not in [e.seq for e in seen]
    assert len(seen) == count
    with pytest.raises(grpc.RpcError) as refused:
        bob.events("deck")
    wanted = (grpc.StatusCode.PERMISSION_DENIED if how in ("kick", "ban") else
              grpc.StatusCode.UNAUTHENTICATED)
    assert refused.value.code() == wanted


def revoke(how, server, ada, bob):
    if how == "logout":
        bob.call(bob.auth.Logout, auth_service_pb2.LogoutRequest())
    elif how == "kick":
        ada.remove("deck", "bob")
    elif how == "ban":
        ada.remove("deck", "bob", ban=True)
    elif how == "password":
        other = Chat(server.target).login("bob")
        other.call(other.auth.ChangePassword, auth_service_pb2.ChangePasswordRequest(
            old_password="three small green boats", new_password="four large yellow ships"))
        other.close()
    elif how == "admin lock":
        server.admin("user", "lock", "bob")
    else:
        server.admin("session", "revoke", "bob")
