"""The whole cluster: two gateways, two chat-services, real Cassandra and Pulsar. Whatever is killed,
paused or cut: nothing acknowledged is lost, nothing comes twice, nothing out of order (the checker), and
what is sent is seen soon (contract lines C7, C8).

Runs where YAP_TEST_BACKENDS names a folder in which `scripts/backends up` was called; the suite `cluster`
of scripts/test does that."""

import os
import shlex
import signal
import statistics
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import grpc
import pytest

from cql_proxy import CqlProxy
from chat import Chat, History, Reader, auth_service_pb2, cursor, details, key, surely
from test_crash import Sender
from test_roles import serving
from yapd import FAST, YAPD, wait_for

ROOT = Path(__file__).resolve().parents[2]
BACKENDS = os.environ.get("YAP_TEST_BACKENDS")
pytestmark = pytest.mark.skipif(not BACKENDS, reason="YAP_TEST_BACKENDS is not set: no real backends")

sys.path.insert(0, str(ROOT / "scripts/lib"))
from backends.cql import Connection  # noqa: E402
from cluster.cluster import Access, Cluster, Settings  # noqa: E402,F401


def backends(command, *arguments, folder=BACKENDS):
    run = subprocess.run([ROOT / "scripts/backends", command, "--dir", folder, *arguments],
                         capture_output=True, text=True, timeout=420)
    assert run.returncode == 0, run.stderr
    return run.stdout


def addresses(*arguments, folder=BACKENDS):
    """What `scripts/backends up` prints: {"YAP_TEST_CQL": …}."""
    lines = backends("up", *arguments, folder=folder).splitlines()
    return dict(shlex.split(line)[0].split("=", 1) for line in lines if "=" in line)


def role_in_the_table(cql, keyspace, channel, user):
    """Of the projection, as it lies there: reading it so brings nothing up to date."""
    with Connection(*cql.rsplit(":", 1)) as connection:
        connection.start()
        found = connection.query(f"SELECT role FROM {keyspace}.member WHERE ch = {signed(channel)} "
                                 f"AND user_id = {signed(user)}")
    return found[-1]  # A tinyint is the last byte of a row that is one.


def signed(number):
    """As CQL's bigint."""
    return number - (number >> 63 << 64)


def cql_bigint(number):
    """As it is bound to a statement."""
    return struct.pack(">iQ", 8, number)


THREE_NODES_MIB = 3000


class Town:
    """A cluster under test, and its people."""

    def __init__(self, folder, settings):
        self.cluster = Cluster(folder, YAPD, settings)
        self.chats = []

    def start(self):
        self.cluster.start()
        for gateway in self.cluster.gateways:
            self.await_serving(gateway)
        return self

    def await_serving(self, gateway, seconds=30):
        wait_for(lambda: serving(self.cluster.address(gateway)), seconds, f"{gateway.name} to serve")

    def at(self, i, token=None):
        """A client on gateway i."""
        self.chats.append(Chat(self.cluster.address(self.cluster.gateways[i]), token))
        return self.chats[-1]

    def close(self):
        for chat in self.chats:
            chat.close()
        for program in self.cluster.programs:
            program.kill()


class Target:
    """What test_crash.Sender wants of a server."""

    def __init__(self, target):
        self.target = target


@pytest.fixture
def make_town(tmp_path):
    made = []

    def make(bus=True, cql=None, **more):
        found = addresses()
        settings = Settings(cql or found["YAP_TEST_CQL"], found["YAP_TEST_PULSAR"] if bus else "",
                            keyspace="t" + key().hex(), environment=FAST, **more)
        made.append(Town(tmp_path / f"cluster{len(made)}", settings))
        return made[-1].start()

    yield make
    for town in made:
        town.close()


@pytest.fixture
def town(make_town):
    return make_town()


@pytest.fixture
def three_nodes():
    """(folder, addresses) of three nodes with three copies; gone after the test."""
    if memory_available_mib() < THREE_NODES_MIB:
        pytest.skip(f"three nodes of Cassandra take {THREE_NODES_MIB} MiB of memory")
    folder = f"{BACKENDS}-three"
    try:
        yield folder, addresses("cassandra3", folder=folder)["YAP_TEST_CQL3"]
    finally:
        backends("down", "--wipe", folder=folder)


def memory_available_mib():
    with open("/proc/meminfo", encoding="ascii") as file:
        lines = dict(line.split(":") for line in file)
    return int(lines["MemAvailable"].split()[0]) // 1024


@pytest.fixture
def proxy():
    host, port = addresses()["YAP_TEST_CQL"].split(":")
    made = CqlProxy(host, int(port))
    yield made
    made.close()


@pytest.fixture
def split_town(make_town, proxy):
    """Each gateway has a chat-service of its own, and that of gateway 0 reaches the store by the proxy."""
    return make_town(services={0: [0], 1: [1]}, stores={0: proxy.address})


class Load:
    """Senders and readers on both gateways, on one channel each and on one they share."""

    def __init__(self, town, senders=2):
        self.town, self.history = town, History()
        self.ada = town.at(0).register("ada")
        self.channels = ["deck", "bridge"]
        for name in self.channels:
            self.ada.create(name)
        self.readers = [Reader(town.at(i, self.ada.token), name, self.history, f"{name}@{i}")
                        for name in self.channels for i in range(2)]
        self.senders = [Sender(Target(town.cluster.address(town.cluster.gateways[i % 2])),
                               self.ada.token, self.channels[i // 2 % 2], self.history, f"s{i}")
                        for i in range(senders)]

    def stored(self):
        return sum(sender.stored for sender in self.senders)

    def await_progress(self, count=20, seconds=60):
        """Waits until that many more messages are acknowledged."""
        wanted = self.stored() + count
        wait_for(lambda: self.stored() >= wanted, seconds, f"{count} more acknowledged messages")

    def finish(self):
        """Stops sending, lets everybody read to the end, and asks the checker."""
        for sender in self.senders:
            sender.stopping.set()
        for sender in self.senders:
            sender.join(timeout=90)
            assert not sender.is_alive()
        for name in self.channels:
            _, page = surely(lambda _: self.ada.events(name, after=0))
            for reader in self.readers:
                if reader.channel != name:
                    continue
                wait_for(lambda r=reader, p=page: r.last >= p.head, 60, f"{reader.stream} to catch up")
                self.history.read_to(reader.stream, name, page.head)
        for reader in self.readers:
            assert not reader.told
            reader.stop()
        report = self.history.check()
        assert self.stored() > 0
        return report


def test_c7_what_is_sent_at_one_gateway_is_seen_at_the_other(town):
    ada, bob = town.at(0).register("ada"), town.at(1).register("bob")
    ada.create("deck")
    bob.join("deck")
    seen, sent = {}, {}
    stream = bob.subscribe(cursor("deck", 0), timeout=120)

    def watch():
        try:
            for frame in stream:
                if frame.WhichOneof("frame") == "event":
                    seen.setdefault(frame.event.seq, time.monotonic())
        except grpc.RpcError:
            pass

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    acks = []
    for n in range(200):
        begun = time.monotonic()
        answer = ada.send("deck", f"{n}")
        acks.append(time.monotonic() - begun)
        sent[answer.seq] = begun
        time.sleep(0.01)
    wait_for(lambda: all(seq in seen for seq in sent), 10, "every message")
    stream.cancel()
    delays = sorted(seen[seq] - sent[seq] for seq in sent)
    print(f"ack p50 {statistics.median(acks) * 1e3:.1f} ms, send to delivery p50 "
          f"{statistics.median(delays) * 1e3:.1f} ms, p99 {delays[-3] * 1e3:.1f} ms")
    assert statistics.median(delays) < 0.25


@pytest.mark.parametrize("kind", ["chats", "gateways"])
def test_c9_kill_9_of_each_process_under_load(town, kind):
    load = Load(town, senders=4)
    for program in getattr(town.cluster, kind):
        load.await_progress()
        program.kill()
        time.sleep(0.5)
        program.start()
        load.await_progress()
    load.finish()


def test_a_chat_service_that_stays_away_is_replaced_by_the_other(town):
    load = Load(town, senders=4)
    load.await_progress()
    town.cluster.chats[0].kill()
    load.await_progress(50)
    load.finish()


def test_two_chat_services_forced_onto_one_channel(make_town):
    """Each gateway knows another chat-service: both write the same channels, and the store decides."""
    load = Load(make_town(services={0: [0], 1: [1]}), senders=4)
    load.await_progress(200, 120)
    load.finish()


def test_c7_a_gateway_paused_for_ten_seconds(town):
    load = Load(town)
    load.await_progress()
    town.cluster.gateways[1].send(signal.SIGSTOP)
    time.sleep(10)
    town.cluster.gateways[1].send(signal.SIGCONT)
    resumed = time.monotonic()
    _, page = load.ada.events("deck")
    wait_for(lambda: all(r.last >= page.head for r in load.readers if r.channel == "deck"), 30,
             "the paused gateway's reader")
    assert time.monotonic() - resumed < 30
    load.await_progress()
    load.finish()


def test_c8_pulsar_is_killed_and_comes_back(town):
    load = Load(town)
    load.await_progress()
    backends("kill", "pulsar")
    load.await_progress(30)
    backends("up")
    load.await_progress(30)
    load.finish()


def test_c8_topics_are_unloaded_under_load(town):
    load = Load(town)
    for _ in range(3):
        load.await_progress()
        backends("unload", "public/default")
    load.await_progress()
    load.finish()


def test_c8_without_pulsar_all_the_time_delivery_takes_two_seconds_at_most(make_town):
    """The gateways and chat-services are told of a broker that is not there."""
    town = make_town()
    backends("kill", "pulsar")
    try:
        for program in town.cluster.programs:
            program.stop()
            program.start()
        for gateway in town.cluster.gateways:
            town.await_serving(gateway)
        ada, bob = town.at(0).register("ada"), town.at(1).register("bob")
        ada.create("deck")
        bob.join("deck")
        stream = bob.subscribe(cursor("deck"), timeout=60)
        assert next(stream).HasField("hello")
        delays = []
        for n in range(5):
            ada.send("deck", f"{n}")
            acked = time.monotonic()
            while next(stream).WhichOneof("frame") != "event":
                pass
            delays.append(time.monotonic() - acked)
        stream.cancel()
        assert max(delays) < 2, delays
    finally:
        backends("up")


def test_c8_the_store_is_killed_and_comes_back(town):
    load = Load(town)
    load.await_progress()
    backends("kill", "cassandra")
    probe = town.at(1, load.ada.token)
    refused = []
    for _ in range(3):
        begun = time.monotonic()
        with pytest.raises(grpc.RpcError) as error:
            probe.send("deck", "into the void", timeout=10)
        refused.append(time.monotonic() - begun)
        assert error.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
    stored = load.stored()
    time.sleep(1)
    assert load.stored() == stored
    backends("up")
    back = time.monotonic()
    load.await_progress(1, 30)
    assert time.monotonic() - back < 10
    load.await_progress()
    load.finish()
    assert max(refused) < 3, refused


def texts_of(chat, name):
    return [event.message_posted.text for event in chat.events(name)[0] if event.HasField("message_posted")]


def test_c5_a_send_whose_answer_is_cut_after_the_write_is_stored_once(split_town, proxy):
    ada = split_town.at(0).register("ada")
    channel = ada.create("deck").channel.id
    for n in range(5):
        proxy.cut_answers(1, cql_bigint(channel))
        assert ada.send("deck", f"cut {n}").seq == 3 + n
        assert proxy.cut == n + 1
    assert texts_of(ada, "deck") == [f"cut {n}" for n in range(5)]


def test_c5_a_send_of_unknown_outcome_is_stored_once_wherever_it_is_repeated(split_town, proxy):
    ada = split_town.at(0).register("ada")
    channel = ada.create("deck").channel.id
    proxy.cut_answers(1, cql_bigint(channel), shut=True)
    message = key()
    with pytest.raises(grpc.RpcError) as unknown:
        ada.send("deck", "once", message, timeout=10)
    assert unknown.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
    assert proxy.cut == 1
    other = split_town.at(1, ada.token)
    assert other.send_surely("deck", "once", message).seq == 3
    proxy.open()
    assert ada.send_surely("deck", "once", message).seq == 3
    assert texts_of(ada, "deck") == ["once"]


def test_answers_of_the_store_are_cut_under_load(split_town, proxy):
    load = Load(split_town, senders=4)
    for _ in range(10):
        load.await_progress(10)
        proxy.cut_answers(1)
    load.await_progress()
    load.finish()
    assert proxy.cut >= 9


def test_a_removed_member_is_out_though_the_remover_died_between_append_and_projection(split_town, proxy):
    """And though the chat-service she asks knows her as a member: it loses the compare-and-set."""
    town = split_town
    ada, eve = town.at(0).register("ada"), town.at(1).register("eve")
    channel = ada.create("vault", private=True).channel.id
    ada.invite("vault", "eve")
    eve.send("vault", "I am in")
    proxy.cut_answers(1, cql_bigint(channel), shut=True)
    with pytest.raises(grpc.RpcError):
        ada.remove("vault", "eve")
    assert proxy.cut == 1
    town.cluster.chats[0].kill()
    settings = town.cluster.settings
    assert role_in_the_table(settings.cql, settings.keyspace, channel, eve.user.id) == 1
    for attempt in (eve.send, lambda name, _: eve.events(name)):
        with pytest.raises(grpc.RpcError) as refused:
            attempt("vault", "let me in")
        assert refused.value.code() == grpc.StatusCode.NOT_FOUND
    events = town.at(1, ada.token).events("vault")[0]
    assert events[-1].HasField("member_removed")
    assert role_in_the_table(settings.cql, settings.keyspace, channel, eve.user.id) == 0


def test_c9_one_of_three_store_nodes_is_killed(make_town, three_nodes):
    folder, cql = three_nodes
    load = Load(make_town(cql=cql, copies=3), senders=4)
    load.await_progress()
    backends("kill", "cassandra3/2", folder=folder)
    killed = time.monotonic()
    load.await_progress(50)
    print(f"50 more messages {time.monotonic() - killed:.1f} s after the kill")
    addresses(folder=folder)
    load.await_progress(50)
    load.finish()


def test_topics_that_keep_nothing_lose_nothing_for_readers(make_town):
    """Non-persistent topics drop what comes too fast; gateways find the hole and read it."""
    town = make_town(topics="non-persistent")
    load = Load(town, senders=8)
    load.await_progress(400, 120)
    backends("unload", "public/default")
    load.await_progress(50)
    load.finish()


def test_c10_a_logout_at_one_gateway_ends_the_stream_at_the_other_within_two_seconds(town):
    ada = town.at(0).register("ada")
    other = town.at(1, ada.token)
    stream = other.subscribe(cursor("lobby"), timeout=30)
    assert next(stream).HasField("hello")
    ada.call(ada.auth.Logout, auth_service_pb2.LogoutRequest())
    begun = time.monotonic()
    with pytest.raises(grpc.RpcError) as ended:
        for _ in stream:
            pass
    assert time.monotonic() - begun < 2.5
    assert ended.value.code() == grpc.StatusCode.UNAUTHENTICATED
    time.sleep(max(0, begun + 2 - time.monotonic()))  # Until then an answer of before may be believed.
    with pytest.raises(grpc.RpcError) as refused:
        other.send("lobby", "I am still here")
    assert details(refused.value)[0] in ("TOKEN_INVALID", "SESSION_REVOKED")


def test_a_removed_member_reads_and_sends_nothing_at_any_gateway(town):
    ada, eve = town.at(0).register("ada"), town.at(1).register("eve")
    ada.create("vault", private=True)
    ada.invite("vault", "eve")
    stream = eve.subscribe(cursor("vault"), timeout=30)
    assert next(stream).HasField("hello")
    ada.remove("vault", "eve")
    ada.send("vault", "she is gone")
    texts = [frame.event.message_posted.text for frame in stream_until_end(stream)
             if frame.WhichOneof("frame") == "event"]
    assert "she is gone" not in texts
    for attempt in (eve.send, lambda name, _: eve.events(name)):
        with pytest.raises(grpc.RpcError) as refused:
            attempt("vault", "let me in")
        assert refused.value.code() == grpc.StatusCode.NOT_FOUND


def stream_until_end(stream):
    """Frames until the channel's subscription ends."""
    for frame in stream:
        yield frame
        if frame.WhichOneof("frame") == "ended":
            stream.cancel()
            return
