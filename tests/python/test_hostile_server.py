"""A server that is not on our side: whatever it puts into names, topics, texts and errors, nothing that
`yap` prints can steer a terminal or pose as a line of its own."""

import os
import subprocess

import pytest

from hostile import is_harmless, serving
from yapd import PASSWORD, YAP


@pytest.fixture(scope="module")
def hostile():
    with serving() as (address, _):
        yield address


@pytest.fixture(scope="module")
def run(hostile, tmp_path_factory):
    home = tmp_path_factory.mktemp("ada")
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "YAP_SERVER": hostile, "LANG": "C.UTF-8"}

    def yap(*args, stdin=""):
        done = subprocess.run([YAP, *args], env=env, input=stdin.encode(), capture_output=True, timeout=60)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    code, _, err = yap("login", "ada", "--password-file", "-", stdin=PASSWORD + "\n")
    assert code == 0, err
    return yap


@pytest.mark.parametrize("args, stdin", [
    (["history", "deck"], ""),
    (["history", "deck", "--json"], ""),
    (["tail", "deck", "--since", "0", "--no-follow"], ""),
    (["tail", "deck", "--since", "0"], ""),
    (["chat", "deck"], "hello\n/who\n"),
    (["channels"], ""),
    (["channels", "--all"], ""),
    (["who", "deck"], ""),
    (["topic", "deck"], ""),
    (["join", "deck"], ""),
    (["leave", "deck"], ""),
    (["send", "deck", "hello"], ""),
    (["auth", "status"], ""),
    (["sessions", "list"], ""),
    (["doctor"], ""),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_nothing_a_hostile_server_says_steers_the_terminal(run, args, stdin):
    _, out, err = run(*args, stdin=stdin)
    printed = out + err
    assert "owned" in printed or args == ["doctor"], printed  # The hostile text came, made harmless.
    assert all(char == "\n" or is_harmless(char) for char in printed), repr(printed)
    assert not any(line.startswith("yap: root") for line in printed.splitlines()), printed
