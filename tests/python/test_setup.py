"""Setting it up wrongly: each mistake is one line that says what to do, from `yapd check-config` and from
`yapd serve`, and what cannot serve does not say that it is ready. And setting it up right: mTLS inside
the cluster, certificates replaced at SIGHUP, chat-services found by a name whose addresses change."""

import os
import secrets
import signal
import socket
import subprocess
import urllib.error
import urllib.request

import pytest

from certificates import EXPIRED, Authority
from chat import Chat, cursor
from test_roles import frames, serving, texts
from yapd import YAPD, ChatService, GatewayServer, Yapd, wait_for


def yapd(*arguments):
    return subprocess.run([YAPD, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "YAPD_ADMIN_LISTEN": "off"})


def one_line(run, code, *words):
    """Asserts that a run failed with one line, and that it has these words."""
    lines = run.stderr.strip().splitlines()
    assert run.returncode == code and len(lines) == 1, run.stderr
    assert lines[0].startswith("yapd: ") and all(word in lines[0] for word in words), lines[0]
    return lines[0]


def secret(path, mode=0o600, size=32):
    path.write_bytes(secrets.token_bytes(size))
    path.chmod(mode)
    return path


@pytest.fixture
def authority(tmp_path):
    made = Authority(tmp_path / "tls")
    for name in ("chat", "gateway"):
        made.issue(name)
    made.issue("old", valid=EXPIRED)
    return made


def api(tmp_path, *flags):
    """Flags of a gateway whose chat-service is not asked."""
    return ["--role", "api", "--cluster-chat-services", "127.0.0.1:1", "--bus-kind", "none",
            "--listen", "127.0.0.1:0", *flags]


def test_an_expired_certificate_is_refused_with_the_day(tmp_path, authority):
    public = ["--data", tmp_path / "d", "--listen", "127.0.0.1:0", "--tls-cert-file",
              authority.folder / "old.pem", "--tls-key-file", authority.folder / "old.key"]
    chat = ["--role", "chat", "--data", tmp_path / "d", "--bus-kind", "none", *authority.flags("old")]
    for flags in (public, chat, api(tmp_path, *authority.flags("old"))):
        one_line(yapd("check-config", *flags), 2, "old.pem expired on 2021-01-01", "renewed")
        run = yapd("serve", *flags)
        assert run.returncode == 1
        assert "old.pem expired on 2021-01-01" in run.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("spoil, words", [
    (lambda tls: (tls / "gateway.pem").unlink(), ("cluster.tls_*", "gateway.pem", "certificate")),
    (lambda tls: (tls / "gateway.key").write_bytes((tls / "chat.key").read_bytes()),
     ("gateway.key does not belong to the certificate",)),
    (lambda tls: (tls / "ca.pem").write_text("nothing\n"), ("ca.pem", "PEM")),
])
def test_certificates_of_the_cluster_are_looked_into(tmp_path, authority, spoil, words):
    spoil(authority.folder)
    one_line(yapd("check-config", *api(tmp_path, *authority.flags("gateway"))), 2, *words)


def test_keys_and_passwords_are_looked_into(tmp_path):
    good = secret(tmp_path / "good.key")
    gateway = api(tmp_path, "--cluster-secret-file")
    one_line(yapd("check-config", *gateway, tmp_path / "none.key"), 2, "cluster.secret_file", "none.key")
    one_line(yapd("check-config", *gateway, secret(tmp_path / "open.key", 0o644)), 2, "open.key",
             "chmod 600")
    chat = ["--role", "chat", "--data", tmp_path / "d", "--cluster-secret-file", good]
    none = [*chat, "--bus-kind", "none"]
    one_line(yapd("check-config", *none, "--accounts-token-key-file", secret(tmp_path / "short", size=8)),
             2, "accounts.token_key_file", "32")
    assert yapd("check-config", *none, "--accounts-token-key-file", good).returncode == 0
    pulsar = [*chat, "--bus-kind", "pulsar", "--bus-pulsar-url", "pulsar+ssl://127.0.0.1:1",
              "--bus-pulsar-key-file", good]
    one_line(yapd("check-config", *pulsar, "--bus-pulsar-token-file", tmp_path / "none"), 2,
             "bus.pulsar.token_file")
    one_line(yapd("check-config", *pulsar, "--bus-pulsar-ca-file", good), 2, "bus.pulsar.ca_file", "PEM")
    scylla = [*none, "--store-kind", "scylla", "--store-scylla-hosts", "127.0.0.1:1",
              "--store-scylla-username", "yap", "--store-scylla-password-file"]
    password = tmp_path / "password"
    password.write_text("word\n")
    password.chmod(0o644)
    one_line(yapd("check-config", *scylla, password), 2, "store.scylla.password_file", "chmod 600")


def test_role_all_says_why_it_takes_no_bus(tmp_path):
    key = secret(tmp_path / "bus.key")
    run = yapd("check-config", "--data", tmp_path / "d", "--bus-kind", "pulsar", "--bus-pulsar-url",
               "pulsar://127.0.0.1:1", "--bus-pulsar-key-file", key)
    one_line(run, 2, "role all", "--role chat", "docs/cluster.md")


@pytest.mark.parametrize("command", [["serve"], ["check-config"], ["migrate"], ["backup"], ["restore"],
                                     ["config", "print"], ["admin", "user", "add"],
                                     ["admin", "channel", "ban"]])
def test_help_begins_with_examples(command):
    run = yapd(*command, "--help")
    lines = run.stdout.splitlines()
    assert run.returncode == 0 and lines[0] == "Examples:", run.stdout[:200]
    assert lines[1].startswith("  yapd " + " ".join(command))


def test_a_reached_connection_limit_is_named_in_the_log(make_server):
    server = make_server(env={"YAPD_LIMITS_CONNECTIONS_PER_IP": "3"})
    held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(40)]
    wait_for(lambda: "connections_per_address_max" in server.tail(), what="the line")
    lines = [line for line in server.tail().splitlines() if "connections_per_address_max" in line]
    assert '"max":"3"' in lines[0] and "127.0.0.1" in lines[0], lines[0]
    assert len(lines) <= 30  # Rate-limited.
    for one in held:
        one.close()


def get_ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


class Gateway(GatewayServer):
    """A gateway that shows a certificate, where it has one, and has an admin listener."""

    def __init__(self, data, services, secret_file=None, flags=()):
        super().__init__(data, services, secret_file or "", flags=flags)
        self.admin_port_file = self.data / "admin_port"
        self.env |= {"YAPD_ADMIN_LISTEN": "127.0.0.1:0",
                     "YAPD_ADMIN_PORT_FILE": str(self.admin_port_file)}

    def command(self, port):
        made = super().command(port)
        if self.secret.name:
            return made
        at = made.index("--cluster-secret-file")
        return made[:at] + made[at + 2:]

    def ready(self):
        return get_ready(int(self.admin_port_file.read_text()))


class SecureChat(ChatService):
    """A chat-service with a certificate, on an address of 127.0.0.0/8."""

    def __init__(self, data, flags=(), address="127.0.0.1", port=0):
        super().__init__(data, "", flags=flags)
        self.address, self.port = address, port

    @property
    def target(self):
        return f"{self.address}:{self.port}"

    def command(self, port):
        made = super().command(port)
        at = made.index("--cluster-secret-file")
        made = made[:at] + made[at + 2:]
        made[made.index("--cluster-listen") + 1] = f"{self.address}:{port}"
        return made


@pytest.fixture
def start():
    """start(server): started, and ended with the test."""
    made = []

    def begin(server):
        made.append(server)
        return server.start()

    yield begin
    for server in reversed(made):
        server.close()


@pytest.fixture
def client():
    made = []

    def connect(server, token=None):
        made.append(Chat(server.target, token))
        return made[-1]

    yield connect
    for chat in made:
        chat.close()


def test_a_gateway_without_chat_services_is_not_ready_and_says_so(tmp_path, start):
    key = secret(tmp_path / "cluster.key")
    with socket.socket() as nobody:  # Bound, and nobody listens.
        nobody.bind(("127.0.0.1", 0))
        service = f"127.0.0.1:{nobody.getsockname()[1]}"
        one_line(yapd("check-config", "--connect", "--role", "api", "--cluster-chat-services", service,
                      "--bus-kind", "none", "--cluster-secret-file", key), 2, service, "cannot be used")
        gateway = start(Gateway(tmp_path / "gateway", [service], key))
        wait_for(lambda: "a chat-service cannot be used" in gateway.tail(), what="the line")
        assert gateway.ready() == 503


def test_mtls_inside_the_cluster_and_a_certificate_replaced_at_sighup(tmp_path, authority, start, client):
    """The chat-service believes one name only; the gateway first shows another."""
    names = ["--cluster-gateway-names", "gateway.test"]
    chat = start(SecureChat(tmp_path / "chat", [*authority.flags("chat"), *names]))
    gateway = start(Gateway(tmp_path / "gateway", [chat.target], flags=authority.flags("gateway")))
    wait_for(lambda: "a chat-service refuses this gateway" in gateway.tail(), what="the refusal")
    assert gateway.ready() == 503

    authority.issue("gateway", ["DNS:gateway.test"], EXPIRED)
    gateway.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "certificates kept" in gateway.tail(), what="the bad certificate to be refused")
    assert "gateway.pem expired on 2021-01-01" in gateway.tail()

    authority.issue("gateway", ["DNS:gateway.test"])
    gateway.process.send_signal(signal.SIGHUP)
    wait_for(lambda: gateway.ready() == 200, what="the gateway to be believed")
    ada = client(gateway).register("ada")
    ada.create("deck")
    ada.send("deck", "in good hands")
    assert ada.events("deck")[0][-1].message_posted.text == "in good hands"


# --- Chat-services found by a name ---

def may_have_hosts():
    """Whether a process of ours may have an /etc/hosts of its own."""
    return subprocess.run(["unshare", "--map-root-user", "--mount", "true"], capture_output=True,
                          check=False).returncode == 0


def test_a_gateway_follows_a_name_whose_addresses_change(tmp_path, authority, start, client):
    """The chat-service moves from 127.0.0.1 to 127.0.0.2, and its name with it. Only the gateway sees
    that /etc/hosts: it lies over the machine's in a mount namespace of its own."""
    if not may_have_hosts():
        pytest.skip("unshare --mount is not allowed here")
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 chat.test\n127.0.0.3 chat.test\n")  # At one of them nobody listens.
    authority.issue("chat", ["DNS:chat.test"])
    chat = start(SecureChat(tmp_path / "chat", authority.flags("chat")))
    gateway = Gateway(tmp_path / "gateway", [f"dns:///chat.test:{chat.port}"],
                      flags=authority.flags("gateway"))
    gateway.wrapper = ["unshare", "--map-root-user", "--mount", "sh", "-c",
                       'mount --bind "$0" /etc/hosts && exec "$@"', str(hosts)]
    plain = gateway.command
    gateway.command = lambda port: [*gateway.wrapper, *plain(port)]
    start(gateway)
    wait_for(lambda: serving(gateway.target), what="the gateway to serve")
    ada = client(gateway).register("ada")
    ada.create("deck")
    seen = frames(ada.subscribe(cursor("deck")))

    assert chat.stop() == 0
    chat.address = "127.0.0.2"
    chat.start()
    hosts.write_text("127.0.0.2 chat.test\n127.0.0.3 chat.test\n")
    ada.send_surely("deck", "from the new address", os.urandom(16))
    wait_for(lambda: "from the new address" in texts(seen), what="the message")
    assert "127.0.0.2" in gateway.tail()
