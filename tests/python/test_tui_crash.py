"""kill -9 of `yap` at any moment: what its screen has shown as sent on the way is stored, once, in order."""

import contextlib
import json
import random
import subprocess
import time

import pytest

from terminal import Terminal
from test_cli import Shell
from test_tui import kill_yap, open_chat
from yapd import YAP, wait_for

CHANNELS = ["deck", "brig"]
KILLS = 40
SECONDS_MAX = 60


@pytest.fixture
def server(make_server):
    # A session is renewed a minute before its token ends: here every two seconds, so that kills meet that, too.
    return make_server(env={"YAPD_ACCOUNTS_ACCESS_TOKEN_SECONDS": "62"})


@pytest.fixture
def ada(server, tmp_path):
    return Shell(tmp_path / "ada", server).register("ada")


@pytest.fixture
def terminal(server, ada):
    with contextlib.closing(Terminal(ada.home, env={"YAP_SERVER": server.target})) as made:
        yield made


def texts(shell, channel):
    lines = shell.run("history", channel, "-n", "1000", "--json").stdout.splitlines()
    return [event["text"] for event in map(json.loads, lines) if event["type"] == "message"]


def start_again(terminal):
    """From the shell, on a screen that has nothing of the killed one, whatever keys came too late for that."""
    terminal.keys("C-j").type("clear").keys("C-j")  # It is still raw: Enter is no end of line to the shell.
    terminal.wait_for("sh>", gone=["Your channels", "›"])
    terminal.type(YAP).keys("C-j")


def enter(terminal, channel):
    """At home; a notice of the kill hides the hints of the chat page."""
    terminal.wait_for("Your channels").type(channel).keys("Enter")
    terminal.wait_for(f"#{channel}", gone=["Your channels"])


def input_of(terminal):
    line = next(line for line in reversed(terminal.lines()) if line.startswith("›"))
    return line.removeprefix("›").strip()


class Story:
    """What ada types, what her screen has shown of it, and the kills in between; `rng` decides all."""

    def __init__(self, terminal, server, rng):
        self.terminal, self.server, self.rng = terminal, server, rng
        self.typed = {channel: [] for channel in CHANNELS}
        self.shown = {channel: set() for channel in CHANNELS}
        self.server_up = True
        self.kills = 0

    def kill(self):
        kill_yap(self.terminal)
        self.terminal.wait_for("sh>")
        self.kills += 1
        start_again(self.terminal)

    def kill_while_it_starts(self):
        wait_for(lambda: yap_runs(self.terminal), what="yap to run")
        time.sleep(self.rng.uniform(0, 0.25))
        self.kill()

    def kill_while_it_sends(self):
        channel = self.rng.choice(CHANNELS)
        enter(self.terminal, channel)
        draft = input_of(self.terminal)
        assert draft in ("", "half a line"), f"a message is back as a draft: {draft}"
        self.terminal.keys("C-u")
        count = len(self.typed[channel])
        said = [f"{channel} {n:04}" for n in range(count, count + self.rng.randint(1, 8))]
        self.typed[channel] += said
        self.terminal.type("\r".join([*said, "half a line"]))
        time.sleep(self.rng.choice([0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 0.6]))
        if self.rng.random() < 0.7:
            log = "\n".join(line for line in self.terminal.lines() if not line.startswith("›"))
            self.shown[channel] |= {text for text in said if text in log}
        self.kill()

    def turn(self):
        if self.server_up and self.rng.random() < 0.2:
            self.server.kill()
            self.server_up = False
        elif not self.server_up and self.rng.random() < 0.5:
            self.start_server()
        self.rng.choice([self.kill_while_it_starts, self.kill_while_it_sends, self.kill_while_it_sends])()

    def start_server(self):
        self.server.start()
        self.server_up = True


def yap_runs(terminal):
    shell = terminal.mode("#{pane_pid}")
    run = subprocess.run(["ps", "-o", "comm=", "--ppid", shell], capture_output=True, text=True, check=False)
    return "yap" in run.stdout.split()


@pytest.mark.parametrize("seed", [1])
def test_kill_9_at_any_moment_loses_doubles_and_reorders_nothing(server, ada, terminal, seed):
    for channel in (*CHANNELS, "hold"):
        ada.run("create", channel)
    open_chat(terminal, "hold")
    terminal.type("keep this half")
    time.sleep(1.5)  # A draft is on disk within a second.
    story, end = Story(terminal, server, random.Random(seed)), time.monotonic() + SECONDS_MAX
    story.kill()
    while story.kills < KILLS and time.monotonic() < end:
        story.turn()
    assert story.kills == KILLS
    if not story.server_up:
        story.start_server()

    terminal.wait_for("Your channels", "● online", seconds=40)
    enter(terminal, "hold")
    terminal.wait_for("keep this half", gone=["queued"])
    for channel in CHANNELS:
        wait_for(lambda c=channel: story.shown[c] <= set(texts(ada, c)), what=f"all that #{channel} showed")
    for channel in CHANNELS:
        stored = texts(ada, channel)
        assert stored == sorted(set(stored)), f"doubled or out of order in #{channel}: {stored}"
        assert set(stored) <= set(story.typed[channel])
    ada.run("auth", "status")
    typed, shown, stored = (sum(map(len, s)) for s in (story.typed.values(), story.shown.values(),
                                                      [texts(ada, c) for c in CHANNELS]))
    print(f"seed {seed}: {story.kills} kills, {typed} messages typed, {shown} seen on their way, {stored} stored")


def test_after_kill_9_a_message_is_not_also_a_draft(ada, terminal):
    ada.run("create", "deck")
    open_chat(terminal)
    terminal.wait_for("● online").type("said once")
    time.sleep(1.5)  # The half sentence is on disk.
    terminal.keys("Enter").wait_for("ada said once")
    kill_yap(terminal)
    terminal.wait_for("sh>")
    start_again(terminal)
    enter(terminal, "deck")
    terminal.wait_for("ada said once")
    assert input_of(terminal) == ""
