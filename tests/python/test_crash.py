"""kill -9, again and again, under load: the checker has the last word."""

import itertools
import random
import shutil
import sqlite3
import subprocess
import threading
import time

import grpc
import pytest

from chat import Chat, History, Reader, cursor, key
from yapd import YAPD, wait_for

DEFINITE = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.PERMISSION_DENIED,
            grpc.StatusCode.NOT_FOUND, grpc.StatusCode.ALREADY_EXISTS,
            grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.RESOURCE_EXHAUSTED)


class Sender(threading.Thread):
    """Sends without pause; a message is retried with its key until it has a definite answer."""

    def __init__(self, server, token, channel, history, name):
        super().__init__(daemon=True)
        self.chat = Chat(server.target, token)
        self.channel, self.history, self.name_ = channel, history, name
        self.stopping = threading.Event()
        self.stored = 0
        self.start()

    def run(self):
        for n in itertools.count():
            if self.stopping.is_set():
                break
            self.send_one(f"{self.name_}/{n}")
        self.chat.close()

    def send_one(self, text):
        msg, begin = key(), time.monotonic_ns()
        try:
            answer = self.chat.send_surely(self.channel, text, msg)
        except grpc.RpcError as error:
            kind = "refused" if error.code() in DEFINITE else "unknown"
            self.history.sent(self.channel, msg, kind, 0, begin, time.monotonic_ns())
            return
        self.stored += 1
        self.history.sent(self.channel, msg, "stored", answer.seq, begin, time.monotonic_ns())


@pytest.mark.parametrize("seed", [1, 2])
def test_c9_kill_9_under_load_loses_doubles_and_reorders_nothing(server, connect, seed):
    rng, history = random.Random(seed), History()
    ada = connect(server).register("ada")
    channels = ["deck", "bridge"]
    for name in channels:
        ada.create(name)
    readers = [Reader(connect(server, ada.token), c, history, f"{c}{i}")
               for c in channels for i in range(2)]
    senders = [Sender(server, ada.token, c, history, f"s{i}") for c in channels for i in range(3)]
    for _ in range(8):
        time.sleep(rng.uniform(0.1, 0.8))
        server.restart()
    time.sleep(0.3)
    for sender in senders:
        sender.stopping.set()
    for sender in senders:
        sender.join(timeout=60)
        assert sender.stored > 0
    for reader in readers:
        head = ada.events(reader.channel)[1].head
        wait_for(lambda r=reader, h=head: r.last == h, what="a reader to reach the head")
        history.read_to(reader.stream, reader.channel, head)
        reader.stop()
    print(history.check())
    server.stop()
    with sqlite3.connect(server.data / "yap.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_sigterm_under_load_loses_nothing_and_exits_0(server, connect):
    history = History()
    ada = connect(server).register("ada")
    ada.create("deck")
    reader = Reader(connect(server, ada.token), "deck", history, "reader")
    senders = [Sender(server, ada.token, "deck", history, f"s{i}") for i in range(3)]
    for _ in range(3):
        time.sleep(0.5)
        begin = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begin < 15
        server.start()
    for sender in senders:
        sender.stopping.set()
    for sender in senders:
        sender.join(timeout=60)
    head = ada.events("deck")[1].head
    wait_for(lambda: reader.last == head, what="the reader to reach the head")
    history.read_to("reader", "deck", head)
    reader.stop()
    history.check()


def test_restore_sets_a_new_epoch_and_says_so(server, connect, tmp_path):
    ada = connect(server).register("ada")
    ada.create("deck")
    ada.send("deck", "one")
    subprocess.run([YAPD, "backup", str(tmp_path / "copy"), "--data", str(server.data)], check=True,
                   env=server.env)
    ada.send("deck", "two")
    events, page = ada.events("deck")
    refused = subprocess.run([YAPD, "restore", str(tmp_path / "copy"), "--data", str(server.data)],
                             env=server.env, capture_output=True, text=True)
    assert refused.returncode == 1 and str(server.process.pid) in refused.stderr
    server.stop()
    subprocess.run([YAPD, "restore", str(tmp_path / "copy"), "--data", str(server.data)], check=True,
                   env=server.env)
    server.start()
    frame = next(f for f in ada.subscribe(cursor("deck", page.head, page.epoch), timeout=10)
                 if f.HasField("epoch_changed"))
    assert frame.epoch_changed.epoch != page.epoch
    assert frame.epoch_changed.head == page.head - 1
    assert ada.events("deck")[0][-1].message_posted.text == "one"


def test_a_database_replaced_by_an_older_copy_is_a_new_epoch(server, connect, tmp_path):
    ada = connect(server).register("ada")
    ada.create("deck")
    ada.send("deck", "one")
    server.stop()
    shutil.copy(server.data / "yap.db", tmp_path / "older")
    server.start()
    ada.send_surely("deck", "two", key())
    _, page = ada.events("deck")
    server.stop()
    for name in ("yap.db-wal", "yap.db-shm"):
        (server.data / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "older", server.data / "yap.db")
    server.start()
    ada.send_surely("deck", "another two", key())  # The old head again, under another epoch.
    frame = next(f for f in ada.subscribe(cursor("deck", page.head, page.epoch), timeout=10)
                 if f.HasField("epoch_changed"))
    assert frame.epoch_changed.epoch != page.epoch
    assert "older copy" in server.tail()


def test_a_corrupt_database_is_named_with_what_to_do(server, connect):
    connect(server).register("ada")
    server.stop()
    path = server.data / "yap.db"
    raw = bytearray(path.read_bytes())
    raw[0:100] = b"\0" * 100
    path.write_bytes(raw)
    run = subprocess.run([*server.command(0)], env=server.env, capture_output=True, text=True,
                         timeout=20)
    assert run.returncode not in (0, -6, -11)
    assert "yap.db" in run.stderr and "restore" in run.stderr


def test_a_newer_schema_is_refused_in_one_line(server):
    server.stop()
    with sqlite3.connect(server.data / "yap.db") as db:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute(f"PRAGMA user_version = {version + 1}")
    run = subprocess.run([*server.command(0)], env=server.env, capture_output=True, text=True,
                         timeout=20)
    assert run.returncode == 1
    assert str(version + 1) in run.stderr and str(version) in run.stderr


def test_a_port_in_use_is_one_clear_line(server, make_server):
    run = subprocess.run([YAPD, "serve", "--data", str(server.data.parent / "other"), "--listen",
                          server.target], env={**server.env, "YAPD_ADMIN_LISTEN": "off"},
                         capture_output=True, text=True, timeout=20)
    assert run.returncode == 1
    assert server.target in run.stderr and "in use" in run.stderr


def test_a_second_server_on_the_same_data_is_refused(server):
    run = subprocess.run(server.command(0), env={**server.env, "YAPD_ADMIN_LISTEN": "off"},
                         capture_output=True, text=True, timeout=20)
    assert run.returncode == 1
    assert str(server.process.pid) in run.stderr
