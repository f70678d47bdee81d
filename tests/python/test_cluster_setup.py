"""Setting a cluster up, against real Cassandra and Pulsar: what is configured wrongly is one line that
says what to do, from `yapd check-config --connect` and from `yapd serve`; with passwords, tokens and TLS
everywhere a message travels from gateway to gateway. Runs where test_cluster.py does."""

import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

import test_cluster
from certificates import EXPIRED, Authority
from chat import cursor, key
from test_cluster import Access, Cluster, Settings, Town, addresses, backends
from test_roles import frames, texts
from test_setup import get_ready, one_line, secret, yapd
from yapd import FAST, YAPD, wait_for

pytestmark = test_cluster.pytestmark


class Setup:
    """A chat-service's flags, right until a test makes one of them wrong."""

    def __init__(self, folder, found):
        self.folder = folder
        self.keyspace = "t" + key().hex()
        self.found = found
        access = access_of(found)
        Cluster(folder / "cluster", YAPD, Settings(found["YAP_TEST_CQL"], keyspace=self.keyspace,
                                                   access=access)).prepare()
        self.values = {
            "role": "chat", "data": folder / "data", "cluster-listen": "127.0.0.1:0",
            "cluster-port-file": folder / "port", "cluster-secret-file": secret(folder / "cluster.key"),
            "accounts-token-key-file": secret(folder / "token.key"), "store-kind": "scylla",
            "store-scylla-hosts": found["YAP_TEST_CQL"], "store-scylla-keyspace": self.keyspace,
            "bus-kind": "pulsar", "bus-pulsar-url": found["YAP_TEST_PULSAR"],
            "bus-pulsar-key-file": secret(folder / "bus.key")}
        flags = [*access.store_flags(), *access.bus_flags()]
        while flags:
            name = flags.pop(0).removeprefix("--")
            self.values[name] = flags.pop(0) if name != "store-scylla-tls" else None

    def flags(self, changes):
        values = {**self.values, **{name.replace("_", "-"): value for name, value in changes.items()}}
        flags = []
        for name, value in values.items():
            if value is not False:
                flags += [f"--{name}"] + ([] if value is None else [str(value)])
        return flags

    def check(self, **changes):
        return yapd("check-config", "--connect", *self.flags(changes))

    def serve_until(self, words, changes, seconds=30):
        """Serves until its log has these words; answers whether it served by then."""
        log = self.folder / "log"
        for stale in ("port", "admin"):
            (self.folder / stale).unlink(missing_ok=True)
        with open(log, "wb") as out:
            process = subprocess.Popen([YAPD, "serve", "--admin-listen", "127.0.0.1:0",
                                        "--admin-port-file", str(self.folder / "admin"),
                                        *self.flags(changes)], stderr=out, stdout=out)
        try:
            wait_for(lambda: words in log.read_text(), seconds, f"'{words}' in {log}")
            wait_for((self.folder / "port").exists, seconds, "it to serve")
            return get_ready(int((self.folder / "admin").read_text()))
        finally:
            process.kill()
            process.wait()

    def store_is_refused(self, *words, **changes):
        """check-config and serve say so in one line, and serve ends."""
        one_line(self.check(**changes), 2, "store: ", *words)
        run = yapd("serve", *self.flags(changes))
        assert run.returncode == 1 and not (self.folder / "port").exists()
        one_line(run, 1, *words)

    def bus_is_refused(self, *words, **changes):
        """check-config says so in one line; serve says it in one line of its log and goes on."""
        one_line(self.check(**changes), 2, "bus: ", *words)
        assert self.serve_until(words[0], changes) == 200


def access_of(found, proof=None):
    return Access(found.get("YAP_TEST_CQL_USER", ""), found.get("YAP_TEST_CQL_PASSWORD_FILE", ""),
                  found.get("YAP_TEST_CQL_CA_FILE", ""), found.get("YAP_TEST_PULSAR_TOKEN_FILE", ""),
                  found.get("YAP_TEST_PULSAR_CA_FILE", ""), proof)


@pytest.fixture
def setup(tmp_path):
    made = Setup(tmp_path, addresses())
    assert made.check().returncode == 0
    return made


@pytest.fixture
def dead():
    """An address at which nobody listens."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{nobody.getsockname()[1]}"


def test_a_store_that_is_not_there(setup, dead):
    setup.store_is_refused(dead, "check the hosts", store_scylla_hosts=dead)
    setup.store_is_refused("nowhere.invalid:9042", "check the hosts",
                           store_scylla_hosts="nowhere.invalid:9042")


def test_a_keyspace_that_is_missing_or_of_an_old_schema(setup):
    setup.store_is_refused("'none'", 'create the keyspace "none"', "yapd migrate",
                           store_scylla_keyspace="none")
    cluster = Cluster(setup.folder / "cluster", YAPD, Settings(setup.found["YAP_TEST_CQL"]))
    host, port = setup.found["YAP_TEST_CQL"].split(",")[0].rsplit(":", 1)
    with test_cluster.Connection(host, int(port)) as connection:
        cluster.settings.access.log_in(connection)
        connection.query(f"TRUNCATE {setup.keyspace}.schema_migration")
    setup.store_is_refused(setup.keyspace, "schema 0", "run `yapd migrate`")


def test_what_is_no_store_and_a_store_without_tls(setup):
    broker = setup.found["YAP_TEST_PULSAR"].removeprefix("pulsar://")
    setup.store_is_refused(broker, "check that this is the store's CQL port", store_scylla_hosts=broker)
    setup.store_is_refused("does not speak TLS on this port", store_scylla_tls=None)


def test_a_broker_that_is_not_there(setup, dead):
    setup.bus_is_refused(dead, "check the broker's URL", bus_pulsar_url=f"pulsar://{dead}")
    setup.bus_is_refused("nowhere.invalid:6650", "the name has no address", "check the broker's URL",
                         bus_pulsar_url="pulsar://nowhere.invalid:6650")


def test_what_is_no_broker_and_a_broker_without_tls_or_namespace(setup):
    store = setup.found["YAP_TEST_CQL"]
    setup.bus_is_refused(store, "check the port", bus_pulsar_url=f"pulsar://{store}")
    url = setup.found["YAP_TEST_PULSAR"].replace("pulsar://", "pulsar+ssl://")
    setup.bus_is_refused("does not speak TLS on this port", bus_pulsar_url=url)
    setup.bus_is_refused("create the namespace", bus_pulsar_namespace="public/none")


class TlsServer:
    """Makes TLS handshakes, and nothing else."""

    def __init__(self, certificate, key_file):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key_file)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            try:
                self.context.wrap_socket(connection, server_side=True).close()
            except OSError:
                connection.close()


def test_an_expired_certificate_of_a_store_or_a_broker(setup):
    authority = Authority(setup.folder / "tls")
    server = TlsServer(*authority.issue("old", valid=EXPIRED))
    expired = "its TLS certificate is not accepted: certificate has expired"
    setup.store_is_refused(expired, "check the CA file", store_scylla_hosts=server.address,
                           store_scylla_tls=None, store_scylla_ca_file=authority.file)
    setup.bus_is_refused(expired, "check the CA file", bus_pulsar_url=f"pulsar+ssl://{server.address}",
                         bus_pulsar_ca_file=authority.file)
    server.listener.close()


# --- Passwords, tokens, TLS ---

@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    """Backends that ask for all of it, beside the others."""
    folder = tmp_path_factory.mktemp("secured")
    try:
        yield addresses("--auth", "--tls", "cassandra", "pulsar", folder=folder)
    finally:
        backends("down", "--wipe", folder=folder)


def test_wrong_passwords_tokens_and_authorities(secured, tmp_path):
    setup = Setup(tmp_path, secured)
    good = setup.check()
    assert good.returncode == 0, good.stderr
    wrong = tmp_path / "wrong"
    wrong.touch(mode=0o600)
    wrong.write_text("wrong\n")
    other = Authority(tmp_path / "other").file
    setup.store_is_refused("incorrect", "check the user name and the password",
                           store_scylla_password_file=wrong)
    setup.store_is_refused("asks for a user and a password", store_scylla_username=False,
                           store_scylla_password_file=False)
    setup.store_is_refused("its TLS certificate is not accepted", "check the CA file",
                           store_scylla_ca_file=other)
    setup.store_is_refused("whether it wants TLS", store_scylla_tls=False, store_scylla_ca_file=False)
    setup.bus_is_refused("Failed to authenticate", "check the token", bus_pulsar_token_file=wrong)
    setup.bus_is_refused("its TLS certificate is not accepted", "check the CA file",
                         bus_pulsar_ca_file=other)
    url = secured["YAP_TEST_PULSAR"].replace("pulsar+ssl://", "pulsar://")
    setup.bus_is_refused("whether it wants pulsar+ssl://", bus_pulsar_url=url, bus_pulsar_ca_file=False)


def test_with_tls_passwords_and_tokens_everywhere_a_message_arrives(secured, tmp_path):
    authority = Authority(tmp_path / "tls")
    for name in ("chat0", "chat1", "gateway0", "gateway1"):
        authority.issue(name)
    town = Town(tmp_path / "cluster", Settings(
        secured["YAP_TEST_CQL"], secured["YAP_TEST_PULSAR"], keyspace="t" + key().hex(),
        environment=FAST, access=access_of(secured, authority.flags)))
    try:
        town.start()
        ada, bob = town.at(0).register("ada"), town.at(1).register("bob")
        ada.create("deck")
        bob.join("deck")
        seen = frames(bob.subscribe(cursor("deck")))
        for n in range(20):
            ada.send("deck", f"{n}")
        wait_for(lambda: texts(seen)[-20:] == [f"{n}" for n in range(20)], what="all of them, in order")
        rung = Path(town.cluster.gateways[1].log).read_text()
        assert "connected to the bus" in rung and "does not work" not in rung
    finally:
        town.close()
