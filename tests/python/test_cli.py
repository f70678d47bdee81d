"""`yap` as people and scripts use it: two shells, exit codes, pipes, kill -9 in the middle."""

import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest

from shell import Shell
from yapd import PASSWORD, YAP, YAPD, Yapd, wait_for


@pytest.fixture
def ada(server, tmp_path):
    return Shell(tmp_path / "ada", server).register("ada")


@pytest.fixture
def bob(server, tmp_path):
    return Shell(tmp_path / "bob", server).register("bob")


def lines_of(text):
    return [json.loads(line) for line in text.splitlines()]


def test_send_from_one_shell_appears_in_tail_of_another_within_a_blink(ada, bob):
    ada.run("create", "deck")
    bob.run("join", "deck")
    tail = bob.start("tail", "deck", "--json")
    time.sleep(0.5)
    begin = time.monotonic()
    ada.run("send", "deck", "all hands")
    line = tail.stdout.readline()
    while "all hands" not in line:
        assert line
        line = tail.stdout.readline()
    assert time.monotonic() - begin < 1.0  # A process start, a send and a delivery.
    tail.kill()
    tail.wait()


def test_tail_since_continues_over_kill_9_without_gap_or_double(server, ada, bob):
    ada.run("create", "deck")
    bob.run("join", "deck")
    first = json.loads(ada.run("send", "deck", "one", "--json").stdout)["seq"]
    tail = bob.start("tail", "deck", "--json", "--since", str(first - 1))
    for i in range(5):
        ada.run("send", "deck", f"before {i}")
    server.restart()
    for i in range(5):
        ada.run("send", "deck", f"after {i}")
    seqs, texts = [], []
    while not texts or texts[-1] != "after 4":
        event = json.loads(tail.stdout.readline())
        seqs.append(event["seq"])
        texts.append(event.get("text"))
    tail.kill()
    tail.wait()
    assert seqs == list(range(first, first + len(seqs)))
    assert [t for t in texts if t] == ["one", *(f"before {i}" for i in range(5)),
                                       *(f"after {i}" for i in range(5))]


def test_tail_with_a_cursor_file_gets_each_event_once_across_runs(ada, tmp_path):
    ada.run("create", "deck")
    cursor_file = str(tmp_path / "cursor")
    seen = []
    for i in range(4):
        ada.run("send", "deck", f"message {i}")
        out = ada.run("tail", "deck", "--json", "--cursor", cursor_file, "--no-follow", "--since", "0")
        seen += [e["text"] for e in lines_of(out.stdout) if e.get("text")]
    assert seen == [f"message {i}" for i in range(4)]


def test_what_cannot_be_printed_is_exit_1_and_the_cursor_stays(ada, tmp_path):
    ada.run("create", "deck")
    ada.run("send", "deck", "kept")
    tail = [YAP, "tail", "deck", "--json", "--since", "0", "--cursor", "at"]
    with open("/dev/full", "w") as full:
        run = subprocess.run(tail, env=ada.env, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE,
                             text=True, timeout=30)
    assert run.returncode == 1
    assert "No space left on device" in run.stderr
    again = subprocess.run([*tail, "--no-follow"], env=ada.env, cwd=tmp_path, capture_output=True,
                           text=True, timeout=30)
    assert [e["text"] for e in lines_of(again.stdout) if e.get("text")] == ["kept"]


def test_send_takes_text_from_a_pipe_and_history_shows_it(ada):
    ada.run("create", "deck")
    ada.run("send", "deck", "-", stdin="line one\nline two\n")
    assert "line two" in ada.run("history", "deck").stdout


def test_the_same_key_sends_once(ada):
    ada.run("create", "deck")
    key = "000102030405060708090a0b0c0d0e0f"
    first = json.loads(ada.run("send", "deck", "once", "--key", key, "--json").stdout)
    again = json.loads(ada.run("send", "deck", "once", "--key", key, "--json").stdout)
    assert first["seq"] == again["seq"]
    run = ada.run("send", "deck", "other text", "--key", key, code=1)
    assert "key" in run.stderr


@pytest.mark.parametrize("args, code, says", [
    (["send", "nowhere", "x"], 4, "nowhere"),
    (["send"], 2, "CHANNEL"),
    (["frobnicate"], 2, "frobnicate"),
    (["join", "Bad Name"], 1, "name"),
    (["send", "deck", ""], 1, "empty"),
    (["create", "deck"], 1, "taken"),
])
def test_errors_say_what_happened_and_exit_by_the_table(ada, args, code, says):
    ada.run("create", "deck")
    run = ada.run(*args, code=code)
    assert says in run.stderr
    assert run.stdout == ""


def test_not_logged_in_is_exit_3_with_the_next_command(server, tmp_path):
    run = Shell(tmp_path / "carol", server).run("send", "lobby", "x", code=3)
    assert "yap login" in run.stderr


def test_wrong_password_is_exit_3(server, ada, tmp_path):
    carol = Shell(tmp_path / "carol", server)
    (carol.home / "password").write_text("not the password\n")
    run = carol.run("login", "ada", "--password-file", str(carol.home / "password"), code=3)
    assert "password" in run.stderr


def test_server_down_is_exit_5_and_names_the_server(server, ada):
    ada.run("create", "deck")
    server.stop()
    assert server.target in ada.run("channels", "--timeout", "2", code=5).stderr
    run = ada.run("send", "deck", "x", "--timeout", "2", code=5)
    assert "may or may not" not in run.stderr


def test_server_that_takes_a_send_and_does_not_answer_is_unknown_6(server, ada):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        taken = []

        def take():
            taken.append(mute.accept()[0])
            taken[0].sendall(bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))  # An empty SETTINGS: HTTP/2 is up.

        threading.Thread(target=take, daemon=True).start()
        target = f"127.0.0.1:{mute.getsockname()[1]}"
        tokens = ada.home / ".local/share/yap/credentials.toml"
        tokens.write_text(tokens.read_text().replace(server.target, target))
        run = ada.run("send", "deck", "x", "--timeout", "2", "--server", target, code=6)
        taken[0].close()
    assert "--key" in run.stderr


def test_certificate_that_is_not_trusted_is_one_line_at_once(server, ada, tmp_path):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out",
                    cert, "-days", "1", "-subj", "/CN=localhost"], check=True, capture_output=True)
    secure = Yapd(tmp_path / "secure", flags=["--tls-cert-file", str(cert), "--tls-key-file", str(key)])
    secure.start()
    try:
        carol = Shell(tmp_path / "carol", secure)
        begin = time.monotonic()
        run = carol.run("register", "carol", "--password-file", str(carol.home / "password"),
                        "--server", f"https://localhost:{secure.port}", code=5)
        assert time.monotonic() - begin < 5
        assert run.stderr.count("\n") == 1
        assert "certificate" in run.stderr
    finally:
        secure.close()


def test_role_makes_a_moderator(ada, bob):
    ada.run("create", "deck")
    bob.run("join", "deck")
    ada.run("role", "deck", "bob", "moderator")
    assert {m["user"]: m["role"] for m in lines_of(ada.run("who", "deck", "--json").stdout)} == {
        "ada": "owner", "bob": "moderator"}


def test_ten_logins_of_one_device_leave_the_other_devices_alone(server, ada, tmp_path):
    other = Shell(tmp_path / "other", server)
    other.run("login", "ada", "--password-file", str(other.home / "password"))
    for _ in range(3):
        ada.run("login", "ada", "--password-file", str(ada.home / "password"))
    assert len(lines_of(ada.run("sessions", "list", "--json").stdout)) == 2
    other.run("auth", "status")


def test_a_lost_database_is_not_replaced_by_an_empty_server(server):
    server.stop()
    for name in ("yap.db", "yap.db-wal", "yap.db-shm"):
        (server.data / name).unlink(missing_ok=True)
    run = subprocess.run(server.command(0), capture_output=True, text=True, timeout=30)
    assert run.returncode == 1
    assert "yapd restore" in run.stderr and "yap.db.generation" in run.stderr
    assert not (server.data / "yap.db").exists()


def test_restore_on_a_new_machine_makes_a_private_folder_and_names_a_bad_backup(server, ada, tmp_path):
    copy, junk, new = tmp_path / "copy.db", tmp_path / "junk.db", tmp_path / "new" / "data"
    server.stop()
    subprocess.run([YAPD, "backup", copy, "--data", server.data], check=True, capture_output=True)
    junk.write_bytes(b"junk" * 4096)

    def restore(path):
        return subprocess.run([YAPD, "restore", path, "--data", new], capture_output=True, text=True,
                              timeout=30)

    assert restore(tmp_path / "typo.db").returncode == 1
    assert not new.exists()
    assert "use another" in restore(junk).stderr
    assert restore(copy).returncode == 0
    assert new.stat().st_mode & 0o777 == 0o700


def test_admin_in_a_folder_without_a_server_makes_none(tmp_path):
    nowhere = tmp_path / "mistyped"
    run = subprocess.run([YAPD, "admin", "user", "list", "--data", str(nowhere)],
                         capture_output=True, text=True, timeout=30)
    assert run.returncode == 1
    assert "--data" in run.stderr
    assert not nowhere.exists()
    run = subprocess.run([YAPD, "admin", "user", "add", "ada", "--data", str(nowhere),
                          "--password-file", "-"], input=PASSWORD + "\n", capture_output=True,
                         text=True, timeout=60)
    assert run.returncode == 0
    assert "new server" in run.stderr


def test_yapd_names_the_word_it_does_not_know():
    run = subprocess.run([YAPD, "serv"], capture_output=True, text=True, timeout=30)
    assert run.returncode == 2
    assert "'serv'" in run.stderr and "'serve'" in run.stderr
    assert subprocess.run([YAPD, "--version"], capture_output=True, text=True,
                          timeout=30).stdout.startswith("yapd ")


def test_channels_lists_mine_with_what_is_unread_and_all_public_ones(ada, bob):
    ada.run("create", "deck", "--topic", "All hands")
    ada.run("create", "vault", "--private")
    bob.run("send", "lobby", "anybody here?")
    mine = {c["channel"]: c for c in lines_of(ada.run("channels", "--json").stdout)}
    assert set(mine) == {"lobby", "deck", "vault"}
    assert mine["lobby"]["unread"] > 0
    of_all = lines_of(bob.run("channels", "--all", "--json").stdout)
    assert {c["channel"]: c["members"] for c in of_all} == {"lobby": 2, "deck": 1}
    assert "All hands" in bob.run("channels", "--all").stdout


def unread(shell, name):
    return next(c for c in lines_of(shell.run("channels", "--json").stdout)
                if c["channel"] == name)["unread"]


def test_chat_moves_the_read_position_with_own_messages_and_scripts_leave_it(ada, bob):
    ada.run("create", "deck")
    bob.run("join", "deck")
    for i in range(3):
        bob.run("send", "deck", f"message {i}")
    ada.run("history", "deck")
    ada.run("tail", "deck", "--no-follow")
    assert unread(ada, "deck") == 3
    ada.run("chat", "deck", stdin="mine\n")
    assert unread(ada, "deck") == 0
    assert unread(bob, "deck") == 4


def test_chat_where_one_is_not_a_member_says_how_to_join(ada, bob):
    ada.run("create", "deck")
    run = bob.run("chat", "deck", stdin="hello\n", code=1)
    said = run.stdout + run.stderr  # Of the message, or of the channel: whichever was refused first.
    assert "yap join deck" in said
    assert "yap login" not in said


def test_password_changes_and_ends_other_sessions(server, ada, tmp_path):
    other = Shell(tmp_path / "other", server)
    other.run("login", "ada", "--password-file", str(other.home / "password"))
    (ada.home / "new").write_text("four large yellow ships\n")
    run = ada.run("password", "--old-file", str(ada.home / "password"), "--new-file",
                  str(ada.home / "new"))
    assert "1 other session" in run.stderr
    other.run("channels", code=3)
    ada.run("channels")
    other.run("login", "ada", "--password-file", str(ada.home / "new"))


def test_no_secret_in_argv_or_environment_is_ever_asked_for(ada):
    help_text = ada.run("login", "--help").stdout
    assert "--password-file" in help_text
    assert "--password " not in help_text


def test_client_killed_between_pending_and_the_answer_stores_once(server, ada):
    """`yap chat` writes its outbox first; kill -9 it while the server is stopped, start it again."""
    ada.run("create", "deck")
    os.kill(server.process.pid, signal.SIGSTOP)
    chat = subprocess.Popen([YAP, "chat", "deck"], env=ada.env, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        chat.stdin.write("only once\n")
        chat.stdin.flush()
        state = ada.home / ".local/state/yap"
        wait_for(lambda: any("only once" in p.read_bytes().decode("latin-1")
                             for p in state.rglob("*") if p.is_file()), what="the outbox on disk")
    finally:
        chat.kill()
        chat.wait()
        os.kill(server.process.pid, signal.SIGCONT)
    again = subprocess.Popen([YAP, "chat", "deck"], env=ada.env, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for(lambda: "only once" in ada.run("history", "deck").stdout, what="the message")
    again.kill()
    again.wait()
    assert ada.run("history", "deck").stdout.count("only once") == 1


def test_logout_forgets_the_credentials(ada):
    ada.run("logout")
    ada.run("send", "lobby", "x", code=3)


def test_credentials_are_private(ada):
    path = ada.home / ".local/share/yap/credentials.toml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert PASSWORD not in path.read_text()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_are_printed(ada, shell):
    assert "tail" in ada.run("completions", shell).stdout


def test_doctor_names_what_is_wrong(server, ada):
    assert ada.run("doctor").returncode == 0
    server.stop()
    run = ada.run("doctor", code=5)
    assert server.target in run.stdout + run.stderr


def test_check_config_loads_what_serve_would(tmp_path):
    (tmp_path / "bad.pem").write_text("nothing\n")
    flags = ["--tls-cert-file", str(tmp_path / "bad.pem"), "--tls-key-file", str(tmp_path / "no.pem")]
    run = subprocess.run([YAPD, "check-config", *flags], capture_output=True, text=True, timeout=30)
    assert run.returncode == 2
    assert str(tmp_path) in run.stderr


def test_admin_is_named_for_what_it_did_and_logged_with_its_object(server, ada, bob):
    ada.run("create", "deck")
    bob.run("join", "deck")
    server.admin("channel", "remove-member", "deck", "bob")
    assert "the administrator removed bob" in ada.run("history", "deck").stdout
    assert "deck bob" in server.tail()
