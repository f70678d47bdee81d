"""The whole cluster with much of something: a channel of 100,000 members, a reader far behind.

Runs where test_cluster.py does. YAP_TEST_BEHIND says how many events the reader is behind. A few show that
none is lost or doubled on the way; that memory stays where it is takes YAP_TEST_BEHIND=1000000, and some minutes to
fill the log."""

import os
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from chat import cursor
from test_cluster import BACKENDS, ROOT, Connection, make_town, signed, town  # noqa: F401
from yapd import wait_for

pytestmark = pytest.mark.skipif(not BACKENDS, reason="YAP_TEST_BACKENDS is not set: no real backends")

MEMBERS = 100_000
BEHIND = int(os.environ.get("YAP_TEST_BEHIND", "20000"))
FILL = os.environ.get("YAP_LOG_FILL", str(ROOT / "build/release/bin/log_fill"))


def count(cql, keyspace, what):
    with Connection(*cql.rsplit(":", 1)) as connection:
        connection.start()
        found = connection.query(f"SELECT COUNT(*) FROM {keyspace}.{what}")
    return int.from_bytes(found[-8:], "big")  # One row of one bigint, at the end.


def metric(town, programs, name):  # noqa: F811
    """Of all of them together."""
    total = 0.0
    for program in programs:
        port = (town.cluster.folder / program.name / "admin_port").read_text().strip()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
            lines = [line.split() for line in page.read().decode().splitlines()]
        total += sum(float(line[1]) for line in lines if line and line[0] == name)
    return total


def fill_members(cql, keyspace, channel, joined_seq):
    """As that many joins would have left them; the log has them not."""
    rows = [f"INSERT INTO {keyspace}.member (ch, user_id, username, role, banned, joined_seq, seq) VALUES "
            f"({signed(channel)}, {n + 1}, 'u{n}', 1, false, {joined_seq}, {joined_seq}) USING TIMESTAMP {joined_seq}"
            for n in range(MEMBERS)]
    with Connection(*cql.rsplit(":", 1)) as connection:
        connection.start()
        for at in range(0, MEMBERS, 100):
            connection.query("BEGIN UNLOGGED BATCH " + "; ".join(rows[at:at + 100]) + "; APPLY BATCH")


def test_an_event_of_a_hundred_thousand_members_is_one_row_and_one_message(town):  # noqa: F811
    settings, chats = town.cluster.settings, town.cluster.chats
    ada = town.at(0).register("ada")
    channel = ada.create("deck").channel.id
    fill_members(settings.cql, settings.keyspace, channel, 2)
    for program in chats:  # What they know of the channel is read anew.
        program.stop()
        program.start()
    for gateway in town.cluster.gateways:
        town.await_serving(gateway)
    ada.send_surely("deck", "warm", b"w" * 16)
    readers = [town.at(i, ada.token).subscribe(cursor("deck"), timeout=120) for i in range(2)]
    for reader in readers:
        assert next(reader).HasField("hello")
    in_log = f"log WHERE ch = {signed(channel)} AND b = 0 AND t = 0"
    names = ("yap_events_appended_total", "yap_bus_rings_total")
    before = [metric(town, chats, name) for name in names]
    rows = count(settings.cql, settings.keyspace, in_log)
    sends = 20
    for n in range(sends):
        ada.send("deck", f"{n}")
    for reader in readers:
        seen = 0
        while seen < sends:
            seen += next(reader).HasField("event")
        reader.cancel()
    assert count(settings.cql, settings.keyspace, f"member WHERE ch = {signed(channel)}") == MEMBERS + 1
    assert count(settings.cql, settings.keyspace, in_log) == rows + sends
    assert [metric(town, chats, name) - was for name, was in zip(names, before)] == [sends, sends]


def memory_mib(pid, field):
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def test_a_reader_far_behind_gets_every_event_and_costs_little_memory(town):  # noqa: F811
    settings = town.cluster.settings
    ada = town.at(0).register("ada")
    channel = ada.create("deck").channel.id
    begun = time.monotonic()
    subprocess.run([FILL, settings.cql, settings.keyspace, str(channel), str(BEHIND)], check=True)
    filled = time.monotonic()
    head = wait_for(lambda: ada.events("deck", after=BEHIND)[1].head, 10, "the head")
    assert head == BEHIND + 2
    gateway = town.cluster.gateways[0].pid()
    before = memory_mib(gateway, "VmRSS")
    Path(f"/proc/{gateway}/clear_refs").write_text("5", encoding="ascii")  # The peak begins anew.
    last = 0
    stream = ada.subscribe(cursor("deck", 0), timeout=600)
    for frame in stream:
        if not frame.HasField("event"):
            continue
        assert frame.event.seq == last + 1
        last += 1
        if last == head:
            break
    stream.cancel()
    more = memory_mib(gateway, "VmHWM") - before
    print(f"{BEHIND} events filled in {filled - begun:.1f} s, read in {time.monotonic() - filled:.1f} s; "
          f"gateway {before:.0f} MiB, {more:+.1f} at most")
    assert more <= 64
