"""The screens of `yap` against the real server, in a real terminal: every step a person takes in the first
hour, on a comfortable and on the smallest terminal."""

import hashlib
import json
import math
import os
import re
import signal
import subprocess
import time

import pytest

from chat import PASSWORD, Chat, key
from shell import Shell
from terminal import Terminal
from yap.v1 import message_service_pb2, types_pb2
from yapd import YAP, wait_for

SIZES = [(80, 24), (40, 10)]


@pytest.fixture
def open_terminal(server, tmp_path):
    """open_terminal(name, columns, rows): the terminal of that person; YAP_SERVER is set."""
    made = []

    def make(name="ada", columns=80, rows=24, env=None, term="tmux-256color"):
        made.append(Terminal(tmp_path / name, columns, rows, {"YAP_SERVER": server.target, **(env or {})}, term))
        return made[-1]

    yield make
    for terminal in made:
        terminal.close()


@pytest.fixture
def bob(server, tmp_path):
    return Shell(tmp_path / "bob", server).register("bob")


@pytest.fixture
def ada(server, tmp_path):
    """ada, who has logged in before."""
    return Shell(tmp_path / "ada", server).register("ada")


def register(terminal, name="ada", password=PASSWORD):
    """The first screen: name and password, then [Create account]."""
    terminal.run(wait="Create account")
    terminal.type(name).keys("Tab").type(password).keys("Tab", "Tab").keys("Enter")
    terminal.wait_for("Your channels", "#lobby", "online")


def create(terminal, name, topic=""):
    """At home: what is typed there also runs commands."""
    terminal.say(f"/create {name} {topic}".strip())
    terminal.wait_for(f"#{name}", "Esc")


def enter(terminal, name):
    """At home: typed letters find a channel."""
    terminal.type(name).keys("Enter")
    terminal.wait_for(f"#{name}", "Esc")


@pytest.mark.parametrize("columns, rows", SIZES)
def test_first_hour(server, open_terminal, bob, columns, rows):
    ada = open_terminal(columns=columns, rows=rows)
    register(ada)
    create(ada, "deck", "All hands")

    bob.run("join", "deck")
    ada.wait_for("bob joined")
    assert is_color_of("bob", ada.color_of("bob joined"))

    ada.say("hello bob")
    wait_for(lambda: "hello bob" in bob.run("history", "deck").stdout, what="ada's message to be stored")
    bob.run("send", "deck", "hello ada")
    ada.wait_for("hello ada", "hello bob")

    ada.keys("Escape").wait_for("Your channels")
    bob.run("send", "deck", "are you still there, ada?")
    ada.wait_for("1 new", "@1")  # It names her.
    enter(ada, "deck")
    ada.wait_for("still there")

    ada.say("/leave").wait_for("owner")  # Somebody has to be.
    ada.say("/role bob owner").wait_for("made bob owner").say("/leave")
    ada.wait_for("Your channels")
    ada.say("/quit").wait_for("sh>")
    assert not ada.alternate()


def xep0392_hue(name):
    """XEP-0392 1.0, section 5.1: the angle of a name on the colour circle, in degrees."""
    digest = hashlib.sha1(name.encode()).digest()
    return int.from_bytes(digest[:2], "little") / 65536 * 360


def hsluv_hue(rgb):
    """The angle of a colour in CIELUV, which is HSLuv's hue."""
    red, green, blue = ((c / 255 / 12.92) if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb)
    x = 0.4124 * red + 0.3576 * green + 0.1805 * blue
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = 0.0193 * red + 0.1192 * green + 0.9505 * blue
    total = x + 15 * y + 3 * z
    return math.degrees(math.atan2(9 * y / total - 0.4683, 4 * x / total - 0.1978)) % 360


def is_color_of(name, rgb):
    """Whether it has the name's hue; how bright it is, the theme decides."""
    distance = abs(hsluv_hue(rgb) - xep0392_hue(name)) % 360
    return min(distance, 360 - distance) < 12


def fill(server, token, channel, count):
    """`count` messages, many at once."""
    chat = Chat(server.target, token)
    for begin in range(0, count, 500):
        calls = [chat.messages.SendMessage.future(
            message_service_pb2.SendMessageRequest(channel=types_pb2.ChannelRef(name=channel),
                                                   client_msg_id=key(), text=f"message {i}", attempt=1),
            metadata=chat.metadata, timeout=60) for i in range(begin, min(count, begin + 500))]
        for call in calls:
            call.result()
    chat.close()


def open_chat(terminal, name="deck"):
    """From the shell into a channel."""
    terminal.run(wait="Your channels")
    enter(terminal, name)


def texts(shell, channel="deck"):
    """The messages of a channel, as the server has them."""
    events = (json.loads(line) for line in shell.run("history", channel, "-n", "200", "--json").stdout.splitlines())
    return [event["text"] for event in events if event["type"] == "message"]


@pytest.mark.parametrize("columns, rows", SIZES)
def test_ten_thousand_messages_are_scrolled_back_and_kept_over_a_resize(server, open_terminal, ada, columns, rows):
    ada.run("create", "deck")
    fill(server, token_of(server, "ada"), "deck", 10_000)
    terminal = open_terminal(columns=columns, rows=rows)
    open_chat(terminal)
    terminal.wait_for("message 9999")
    end = time.monotonic() + 60
    while "created the channel" not in terminal.text():
        assert time.monotonic() < end, terminal.text()
        terminal.keys(*["PPage"] * 40)
    terminal.keys("x").wait_for("› x").keys("C-u")  # All pages have been turned.
    terminal.keys("NPage", "NPage").wait_for("message", gone=["created the channel"])
    time.sleep(0.5)
    before = numbers(terminal)
    terminal.resize(columns + 20, rows + 4)
    time.sleep(0.5)
    assert set(before) & set(numbers(terminal)), "the resize went somewhere else"
    terminal.resize(columns, rows)
    terminal.keys("M-End").wait_for("message 9999")


def numbers(terminal):
    return [int(n) for n in re.findall(r"message (\d+)", terminal.text())]


def token_of(server, name):
    return server.admin("session", "open", name)["access_token"]


@pytest.mark.parametrize("columns, rows", SIZES)
def test_server_goes_and_comes_back_with_messages_typed_meanwhile(server, open_terminal, ada, bob, columns, rows):
    ada.run("create", "deck")
    bob.run("join", "deck")
    terminal = open_terminal(columns=columns, rows=rows)
    open_chat(terminal)
    terminal.wait_for("● online")
    terminal.say("before").wait_for("before")
    wait_for(lambda: texts(bob) == ["before"], what="the first message")
    server.kill()
    terminal.wait_for("○", gone=["● online"], seconds=40)
    for text in ("one", "two", "three"):
        terminal.say(text).wait_for(text)
    terminal.wait_for("3 queued")
    server.start()
    terminal.wait_for("● online", gone=["queued"], seconds=40)
    assert texts(bob) == ["before", "one", "two", "three"]


def test_what_was_typed_survives_kill_9_and_is_stored_once(server, open_terminal, ada, bob):
    ada.run("create", "deck")
    bob.run("join", "deck")
    terminal = open_terminal()
    open_chat(terminal)
    terminal.wait_for("● online")
    server.kill()
    terminal.wait_for("○", seconds=40)
    terminal.say("kept").wait_for("1 queued")
    terminal.type("half a sentence")
    time.sleep(2.5)  # A draft is on disk within a second.
    kill_yap(terminal)
    terminal.wait_for("sh>")
    server.start()
    terminal.type(YAP).keys("C-j")  # The terminal is still raw: Enter is no end of line to the shell.
    terminal.wait_for("yap was killed here").wait_for("● online", "#deck")
    enter(terminal, "deck")
    terminal.wait_for("kept", "half a sentence")
    wait_for(lambda: texts(bob) == ["kept"], what="the message")
    time.sleep(1)
    assert texts(bob) == ["kept"]


def kill_yap(terminal, how=signal.SIGKILL):
    pid = int(terminal.mode("#{pane_pid}"))
    children = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(pid)], capture_output=True, text=True,
                              check=True).stdout.split("\n")
    for line in children:
        if line.split()[1:] == ["yap"]:
            os.kill(int(line.split()[0]), how)
            return
    raise AssertionError(f"no yap under {pid}: {children}")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_every_signal_gives_the_terminal_back(open_terminal, ada, how):
    terminal = open_terminal()
    terminal.run(wait="online")
    assert terminal.alternate()
    kill_yap(terminal, how)
    terminal.wait_for("sh>")
    assert not terminal.alternate() and terminal.mode("#{cursor_flag}") == "1"
    terminal.say("stty -a | grep -o ' [-]*echo '").wait_for(" echo")


def test_log_out_and_in_again_loses_nothing(open_terminal, ada):
    ada.run("create", "deck")
    terminal = open_terminal()
    open_chat(terminal)
    terminal.wait_for("● online")
    terminal.say("remember this").wait_for("remember this")
    terminal.type("and this half")
    terminal.keys("Escape").wait_for("Your channels")
    terminal.say("/logout").wait_for("Create account")
    log_in(terminal)
    enter(terminal, "deck")
    terminal.wait_for("remember this", "and this half")


def log_in(terminal, name="ada", password=PASSWORD):
    if "Your channels" in terminal.text():
        return
    terminal.wait_for("Create account", name)  # The name is still there; the password is asked for.
    terminal.type(password).keys("Enter")
    terminal.wait_for("Your channels")


def test_wrong_password_taken_name_and_a_server_that_is_away_are_told_in_place(server, open_terminal, ada):
    ada.run("logout")
    terminal = open_terminal("other")
    terminal.run(wait="Create account")
    terminal.type("ada").keys("Tab").type("not the password").keys("Enter")
    terminal.wait_for("do not belong together")
    terminal.keys("Tab", "Tab").keys("Enter")
    terminal.wait_for("has the name")
    server.kill()
    terminal.keys("BTab", "Enter")
    terminal.wait_for("next try in")
    server.start()


@pytest.mark.parametrize("columns, rows", SIZES)
def test_keys_of_the_chat(server, open_terminal, ada, bob, columns, rows):
    ada.run("create", "deck")
    ada.run("create", "brig")
    bob.run("join", "deck")
    terminal = open_terminal(columns=columns, rows=rows)
    open_chat(terminal)
    terminal.wait_for("● online")
    terminal.say("the first").wait_for("the first").say("the second").wait_for("the second")
    terminal.say("/frobnicate").wait_for("no command")
    terminal.keys("C-c").say("/jion x").wait_for("/join")
    terminal.keys("C-c").keys("F1").wait_for("Esc").keys("Escape")
    terminal.keys("Up").wait_for("› the second").keys("Up").wait_for("› the first").keys("C-c")
    terminal.keys("C-r").type("seco").wait_for("History: seco").keys("Enter").wait_for("› the second").keys("C-c")
    terminal.type("/to").keys("Tab").wait_for("› /topic").keys("C-c")
    terminal.type("@bo").keys("Tab").wait_for("› @bob").keys("C-c")
    terminal.keys("C-f").type("first").wait_for("Find: first").keys("Enter")
    terminal.keys("Escape").wait_for("›", gone=["Find:"])
    terminal.say("/topic Second watch").wait_for("set the topic")
    terminal.keys("C-k").type("brig").keys("Enter").wait_for("#brig", gone=["the first"])
    terminal.keys("C-k").type("deck").keys("Enter").wait_for("the second")
    terminal.keys("C-z").wait_for("sh>")
    assert not terminal.alternate()
    terminal.say("fg").wait_for("the second")
    terminal.keys("C-c", "C-c").wait_for("sh>", gone=["the second"])


def test_paste_of_many_lines_asks_and_never_sends_by_itself(open_terminal, ada):
    ada.run("create", "deck")
    terminal = open_terminal()
    open_chat(terminal)
    terminal.wait_for("● online")
    terminal.paste("a\nb\nc\nd\ne\nf")
    terminal.wait_for("6 lines")
    terminal.keys("Escape")
    assert texts(ada) == []
    terminal.paste("two\nlines").wait_for("two", "lines")
    assert texts(ada) == []
    terminal.keys("Enter")
    wait_for(lambda: texts(ada) == ["two\nlines"], what="the pasted message")


def test_without_color_there_is_none_and_names_still_stand_out(open_terminal, ada):
    ada.run("create", "deck")
    terminal = open_terminal(env={"NO_COLOR": "1"})
    open_chat(terminal)
    terminal.say("hello").wait_for("hello")
    parameters = {n for match in re.findall(r"\x1b\[([0-9;:]*)m", terminal.colored())
                  for n in re.split("[;:]", match or "0")}
    assert parameters <= {"0", "1", "2", "4", "7", "22", "24", "27", "39", "49", ""}, parameters


def test_wide_and_odd_texts_keep_their_columns(open_terminal, ada, bob):
    ada.run("create", "deck")
    bob.run("join", "deck")
    for text in ("先に行って 🚢", "👨‍👩‍👧‍👦 ❤️ 🇳🇱", "שלום עולם", "e\u0301te\u0301"):
        bob.run("send", "deck", text)
    terminal = open_terminal(columns=100, rows=30)
    open_chat(terminal)
    screen = terminal.wait_for("先に行って", "עולם").text()
    for line in screen.split("\n"):
        if "│" in line and "members" not in line:
            assert line.count("│") == 2, screen  # Both borders stand in their columns.


def test_plain_mode_is_lines(open_terminal, ada, bob):
    ada.run("create", "deck")
    bob.run("join", "deck")
    terminal = open_terminal(term="dumb")
    terminal.run("--plain", "deck")
    bob.run("send", "deck", "in plain words")
    terminal.wait_for("bob: in plain words")
    assert not terminal.alternate()
    terminal.say("/quit").wait_for("sh>")
