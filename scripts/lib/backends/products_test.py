"""What Cassandra and Pulsar are configured with, and what clients are told."""

import json
import unittest.mock

from backends import downloads, pulsar
from backends.fixture import BackendsTest
from backends.instance import Instance
from backends.report import Failed

STOCK = "# a comment\nkept=1\njournalSyncData=false\n\nbrokerServicePort=6650\nbrokerServicePortTls=\nlast=x"


class ProductTest(BackendsTest):

    def setUp(self):
        super().setUp()
        (self.root / "cached/conf").mkdir(parents=True)
        (self.root / "cached/conf/standalone.conf").write_text(STOCK, encoding="utf-8")
        for product in ("cassandra", "pulsar"):
            cached = unittest.mock.patch.object(downloads, product, lambda: self.root / "cached")
            cached.start()
            self.addCleanup(cached.stop)
        self.instance = Instance(self.root / "instance")

    def configured(self, name, ports, **settings):
        backend = self.instance.backend(name)
        backend.settings.ports = ports
        for key, value in settings.items():
            setattr(backend.settings, key, value)
        for node in backend.nodes:
            node.make_folders()
            backend.configure(node)
        return backend


class CassandraTest(ProductTest):

    PORTS = {"cql": 9042, "storage": 7000}

    def yaml(self, node):
        return json.loads((node.folder / "conf/cassandra.yaml").read_text(encoding="utf-8"))

    def test_answers_wait_for_the_disk_and_only_loopback_hears(self):
        backend = self.configured("cassandra", self.PORTS)
        yaml = self.yaml(backend.nodes[0])
        self.assertEqual((yaml["commitlog_sync"], yaml["paxos_variant"]), ("batch", "v2"))
        self.assertEqual((yaml["listen_address"], yaml["rpc_address"]), ("127.0.0.1", "127.0.0.1"))
        self.assertNotIn("authenticator", yaml)
        self.assertEqual(backend.environment(), {"YAP_TEST_CQL": "127.0.0.1:9042"})

    def test_three_nodes_share_the_ring_evenly_and_are_all_seeds(self):
        backend = self.configured("cassandra3", self.PORTS)
        tokens = [int(argument.split("=")[1]) for node in backend.nodes
                  for argument in backend.arguments(node) if "initial_token" in argument]
        self.assertEqual(tokens, [-2**63, -2**63 + 2**64 // 3, -2**63 + 2 * (2**64 // 3)])
        seeds = {self.yaml(node)["seed_provider"][0]["parameters"][0]["seeds"] for node in backend.nodes}
        self.assertEqual(seeds, {"127.0.0.1:7000,127.0.0.2:7000,127.0.0.3:7000"})
        self.assertEqual(backend.environment(),
                         {"YAP_TEST_CQL3": "127.0.0.1:9042,127.0.0.2:9042,127.0.0.3:9042"})

    def test_password_and_tls_are_both_told_to_clients(self):
        backend = self.configured("cassandra", self.PORTS, auth=True, tls=True)
        yaml = self.yaml(backend.nodes[0])
        self.assertEqual(yaml["authenticator"], "PasswordAuthenticator")
        self.assertFalse(yaml["client_encryption_options"]["optional"])
        self.assertEqual(backend.environment(), {
            "YAP_TEST_CQL": "127.0.0.1:9042", "YAP_TEST_CQL_USER": "yap",
            "YAP_TEST_CQL_PASSWORD_FILE": f"{self.root}/instance/secrets/cassandra-password",
            "YAP_TEST_CQL_CA_FILE": f"{self.root}/instance/secrets/tls/ca.pem"})


class PulsarTest(ProductTest):

    PORTS = {"pulsar": 6650, "admin": 8080, "bookie": 3181}

    def conf(self, backend):
        lines = (backend.nodes[0].folder / "conf/standalone.conf").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def test_answers_wait_for_the_disk_and_only_loopback_hears(self):
        backend = self.configured("pulsar", self.PORTS)
        conf = self.conf(backend)
        self.assertEqual((conf["journalSyncData"], conf["managedLedgerNewEntriesCheckDelayInMillis"]),
                         ("true", "0"))
        self.assertEqual((conf["bindAddress"], conf["listeningInterface"]), ("127.0.0.1", "lo"))
        self.assertEqual(conf["last"], "x")
        self.assertEqual(backend.environment(), {"YAP_TEST_PULSAR": "pulsar://127.0.0.1:6650",
                                                 "YAP_TEST_PULSAR_ADMIN": "http://127.0.0.1:8080"})

    def test_with_tls_no_port_is_left_in_the_clear(self):
        backend = self.configured("pulsar", self.PORTS, tls=True, auth=True)
        conf = self.conf(backend)
        self.assertEqual((conf["brokerServicePort"], conf["webServicePort"]), ("", ""))
        self.assertEqual((conf["brokerServicePortTls"], conf["webServicePortTls"]), ("6650", "8080"))
        self.assertEqual(conf["authenticationEnabled"], "true")
        self.assertEqual(backend.environment()["YAP_TEST_PULSAR"], "pulsar+ssl://127.0.0.1:6650")
        self.assertEqual(backend.environment()["YAP_TEST_PULSAR_TOKEN_FILE"],
                         f"{self.root}/instance/secrets/pulsar-token")

    def test_secrets_are_named_by_their_files_only(self):
        backend = self.configured("pulsar", self.PORTS, auth=True)
        text = (backend.nodes[0].folder / "conf/standalone.conf").read_text(encoding="utf-8")
        text += " ".join(backend.arguments(backend.nodes[0]))
        self.assertNotIn(backend.credentials.token(), text)
        self.assertNotIn(backend.credentials.token_key_file.read_text(encoding="utf-8"), text)

    def test_keys_are_replaced_never_repeated(self):
        text = pulsar.replaced(STOCK, {"journalSyncData": "true", "new": "2"})
        self.assertEqual(text.count("journalSyncData="), 1)
        self.assertTrue(text.endswith("last=x\njournalSyncData=true\nnew=2\n"))

    def test_topics_and_namespaces_have_their_paths(self):
        for what, path in {
                "public/default": "namespaces/public/default",
                "public/default/a b": "persistent/public/default/a%20b",
                "persistent://public/default/a/b": "persistent/public/default/a%2Fb",
                "non-persistent://t/n/x": "non-persistent/t/n/x"}.items():
            self.assertEqual(pulsar.admin_path(what), path)
        for what in ("public", "http://public/default", "", "a//b"):
            with self.assertRaises(Failed, msg=what):
                pulsar.admin_path(what)
