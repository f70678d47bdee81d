"""Clients that nobody here wrote: buf curl (Go, connect-go) and grpcurl over reflection, floods of
grpcio and ghz. grpcurl and ghz (grpc-go) are asked where they are installed; CONTRIBUTING.md says how."""

import base64
import json
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chat import auth_service_pb2, cursor, key

ROOT = Path(__file__).resolve().parents[2]
BUF = shutil.which("buf") or str(ROOT / "build/tools/node_modules/.bin/buf")


GRPCURL = shutil.which("grpcurl")
GHZ = shutil.which("ghz")


def buf_curl(server, method, request, token=None, flags=()):
    headers = ["-H", f"authorization: Bearer {token}"] if token else []
    run = subprocess.run([BUF, "curl", "--protocol", "grpc", "--http2-prior-knowledge", *flags,
                          *headers, "-d", json.dumps(request), f"http://{server.target}/{method}"],
                         capture_output=True, text=True, timeout=60, cwd=ROOT)
    return run


def test_buf_curl_registers_and_sends_over_reflection(server):
    run = buf_curl(server, "yap.v1.AuthService/Register",
                   {"username": "ada", "password": "three small green boats"})
    assert run.returncode == 0, run.stderr
    token = json.loads(run.stdout)["tokens"]["accessToken"]
    run = buf_curl(server, "yap.v1.MessageService/SendMessage",
                   {"channel": {"name": "lobby"}, "clientMsgId": "AAECAwQFBgcICQoLDA0ODw==",
                    "text": "hello from buf"}, token)
    assert run.returncode == 0, run.stderr
    assert int(json.loads(run.stdout)["seq"]) > 0


def test_buf_curl_shows_the_reason_of_an_error(server):
    run = buf_curl(server, "yap.v1.AuthService/WhoAmI", {}, "nonsense")
    assert run.returncode != 0
    error = json.loads(run.stderr)
    assert error["code"] == "unauthenticated"
    info = next(d for d in error["details"] if d["type"] == "google.rpc.ErrorInfo")
    assert b"TOKEN_INVALID" in base64.b64decode(info["value"] + "==")


@pytest.mark.parametrize("flags", [[], ["--reflect-protocol", "grpc-v1alpha"]])
def test_buf_curl_checks_health(server, flags):
    run = buf_curl(server, "grpc.health.v1.Health/Check", {"service": "yap.v1.MessageService"},
                   flags=flags)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {"status": "SERVING"}


def test_grpcio_unary_flood_of_ten_thousand(server, connect):
    chats = [connect(server).register(f"user{i}") for i in range(4)]

    def ask(i):
        chat = chats[i % len(chats)]
        return chat.call(chat.auth.WhoAmI, auth_service_pb2.WhoAmIRequest()).user.username

    with ThreadPoolExecutor(16) as pool:
        names = list(pool.map(ask, range(10_000)))
    assert all(name == f"user{i % 4}" for i, name in enumerate(names))


def test_grpcio_long_stream_under_flow_control(server, connect):
    """20,000 events to a reader that stops now and then: every one, once, in order."""
    ada = connect(server).register("ada")
    ada.create("deck")
    stream = connect(server, ada.token).subscribe(cursor("deck", 0), timeout=120)
    text = "x" * 500
    with ThreadPoolExecutor(8) as pool:
        sent = pool.map(lambda i: ada.send("deck", text, key()), range(20_000))
        last, seen = 0, 0
        for frame in stream:
            if not frame.HasField("event"):
                continue
            assert frame.event.seq == last + 1
            last = frame.event.seq
            seen += frame.event.HasField("message_posted")
            if seen == 20_000:
                break
        assert len({answer.seq for answer in sent}) == 20_000
    stream.cancel()


def grpcurl(server, *arguments, token="none"):
    run = subprocess.run([GRPCURL, "-plaintext", "-H", f"authorization: Bearer {token}",
                          *arguments[:-1], server.target, arguments[-1]],
                         capture_output=True, text=True, timeout=60)
    return run.returncode, run.stdout, run.stderr


@pytest.mark.skipif(not GRPCURL, reason="grpcurl is not installed")
def test_grpcurl_lists_sends_and_streams_over_reflection(server, connect):
    ada = connect(server).register("ada")
    code, services, _ = grpcurl(server, "list")
    assert code == 0 and "yap.v1.MessageService" in services.split()
    sent = {"channel": {"name": "lobby"}, "client_msg_id": "AAECAwQFBgcICQoLDA0ODw==", "text": "hi"}
    code, out, err = grpcurl(server, "-d", json.dumps(sent), "yap.v1.MessageService/SendMessage",
                             token=ada.token)
    assert code == 0, err
    seq = int(json.loads(out)["seq"])
    wanted = {"cursors": [{"channel": {"name": "lobby"}, "after_seq": 0}]}
    _, out, _ = grpcurl(server, "-max-time", "2", "-d", json.dumps(wanted),
                        "yap.v1.MessageService/Subscribe", token=ada.token)
    frames = [json.loads(part + "\n}") for part in out.split("\n}\n") if part]
    assert [int(f["event"]["seq"]) for f in frames if "event" in f] == list(range(1, seq + 1))


@pytest.mark.skipif(not GRPCURL, reason="grpcurl is not installed")
def test_grpcurl_shows_the_reason_of_an_error(server):
    code, _, err = grpcurl(server, "-d", "{}", "yap.v1.AuthService/WhoAmI", token="nonsense")
    assert code != 0
    assert "Unauthenticated" in err and "TOKEN_INVALID" in err


@pytest.mark.skipif(not GHZ, reason="ghz is not installed")
def test_ghz_unary_flood_of_twenty_thousand(server, connect):
    ada = connect(server).register("ada")
    run = subprocess.run([GHZ, "--insecure", "--call", "yap.v1.AuthService/WhoAmI", "-d", "{}",
                          "-m", json.dumps({"authorization": f"Bearer {ada.token}"}), "-n", "20000",
                          "-c", "100", "--connections", "4", "-O", "json", server.target],
                         capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["statusCodeDistribution"] == {"OK": 20_000}
