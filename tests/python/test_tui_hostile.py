"""The screens of `yap` against a server that is not on our side: every byte that reaches the terminal is text
that it only draws, or one of our own few sequences. Nothing that a server says can make one."""

import re
import time

import pytest

from hostile import EVIL, is_harmless, serving
from terminal import Terminal
from yapd import PASSWORD

# Modes, clearing, places and colours; see src/tui/terminal/mode.cc and painter.cc.
OURS = re.compile(r"\x1b\[(?:\?(?:1049|2004|1004|1000|1006|2026|25)[hl]|2J|\d+;\d+H|0(?:;\d+)*m)")
# The calls of the user, by `notify`; the text must be harmless, too.
CALLS = {"bell": re.compile(r"\x07"),
         "osc9": re.compile(r"\x1b\]9;([^\x00-\x1f\x7f-\x9f]*)\x1b\\"),
         "osc777": re.compile(r"\x1b\]777;notify;([^;\x00-\x1f\x7f-\x9f]*;[^\x00-\x1f\x7f-\x9f]*)\x1b\\")}
FOCUS_OUT = "\x1b[O"


@pytest.fixture
def hostile():
    with serving() as served:
        yield served


@pytest.fixture
def ada(hostile, tmp_path):
    """ada(notify): her terminal, recorded from the start."""
    made = []

    def make(notify, columns=100, rows=60):
        config = tmp_path / "ada/.config/yap/config.toml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(f'notify = "{notify}"\n')
        made.append(Terminal(tmp_path / "ada", columns, rows, {"YAP_SERVER": hostile[0]}))
        made[-1].record(tmp_path / "written")
        return made[-1]

    yield make
    for terminal in made:
        terminal.close()


def written_by_then(path, seconds=10):
    """The record once the last yap has given the screen back: the terminal draws before it records."""
    end = time.monotonic() + seconds
    while True:
        written = path.read_bytes()
        if written.count(b"\x1b[?1049h") == written.count(b"\x1b[?1049l") or time.monotonic() > end:
            return written.decode()  # Strictly: no byte outside UTF-8.
        time.sleep(0.05)


def screens_of(path):
    """What yap wrote while it had the screen; before and after it, the shell speaks plain ASCII."""
    written = written_by_then(path)
    parts = re.split(r"(\x1b\[\?1049h.*?\x1b\[\?1049l)", written, flags=re.DOTALL)
    for shell in parts[::2]:
        assert re.fullmatch(r"[ -~\r\n]*", shell), repr(shell)
    return "".join(parts[1::2])


def judge(written, notify):
    """Fails at the first thing that is no text and not ours; returns how often the user was called."""
    rest, calls = CALLS[notify].subn(lambda match: match.group(1) if match.groups() else "", written)
    rest = OURS.sub("", rest)
    for at, char in enumerate(rest):
        assert is_harmless(char), f"{char!r} in {rest[max(0, at - 60):at + 60]!r}"
    return calls


def test_scanner_finds_what_a_server_could_smuggle():
    assert judge("\x1b[?1049h\x1b[0;1;38;2;1;2;3mtext\x07", "bell") == 1
    for bad in ("\x1b]0;owned\x07", "\x1b[31m", "\x9b31m", "a\nb", "\u202etxt", "\x1b[6n", "\x7f", "\u2028", EVIL):
        with pytest.raises(AssertionError):
            judge(bad, "osc777")


def log_in(terminal):
    terminal.run(wait="Create account")
    terminal.type("ada").keys("Tab").type(PASSWORD).keys("Tab", "Tab", "Enter")
    terminal.wait_for("owned", "Create account")  # Refused, with the server's words.
    terminal.keys("BTab", "Enter").wait_for("Your channels", "owned", "online")


def look_at_switcher(terminal):
    """What follows Escape at once would be Alt and that key."""
    terminal.keys("C-k").wait_for("Go to", "owned").keys("Escape").wait_for("owned", gone=["Go to"])


def look_narrow(terminal, written):
    """The same page at the smallest size, where everything is cut and folded, and back."""
    for columns, rows in ((40, 10), (100, 60)):
        before = written.stat().st_size
        terminal.resize(columns, rows)
        end = time.monotonic() + 20
        # All of the page anew, to its end.
        while not re.search(rb"\x1b\[2J.*\x1b\[\?2026l", written.read_bytes()[before:], re.DOTALL):
            assert time.monotonic() < end, terminal.text()
            time.sleep(0.05)


def use_home(terminal, written):
    look_at_switcher(terminal)
    terminal.wait_for("Public channels").say("/channels").wait_for("owned")
    look_narrow(terminal, written)
    terminal.say("/join deck").wait_for("›", "Esc")


def use_chat(terminal, written):
    terminal.wait_for("owned", "banned")
    look_narrow(terminal, written)
    terminal.say("hello").wait_for("not sent")
    terminal.say("/who").wait_for("owned")
    terminal.type("@x").keys("Tab", "Tab").wait_for("owned").keys("C-c")
    terminal.keys("C-f").type("owned").keys("Enter").wait_for("Find: owned").keys("Escape")
    terminal.wait_for("›", gone=["Find:"])
    look_at_switcher(terminal)
    terminal.say("/topic").wait_for("owned").say("/leave").wait_for("owned")


@pytest.mark.parametrize("notify", CALLS)
def test_nothing_a_hostile_server_says_reaches_the_terminal(hostile, ada, tmp_path, notify):
    terminal = ada(notify)
    log_in(terminal)
    use_home(terminal, tmp_path / "written")
    use_chat(terminal, tmp_path / "written")
    terminal.type(FOCUS_OUT)
    hostile[1].set()  # A mention, a direct message, an invitation and its end.
    terminal.wait_for("@ada")
    terminal.say("/quit").wait_for("sh>")
    terminal.run(wait="Your channels").keys("Enter").wait_for("owned")  # From the cache, too.
    terminal.say("/quit").wait_for("sh>")
    assert judge(screens_of(tmp_path / "written"), notify) >= 2
