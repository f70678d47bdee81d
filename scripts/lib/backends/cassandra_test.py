import contextlib
import json
import unittest.mock

from backends import cql
from backends.fixture import ProductTest
from backends.node import Node


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
        seeds = {self.yaml(node)["seed_provider"][0]["parameters"][0]["seeds"]
                 for node in backend.nodes}
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


class FakeCassandra:
    """What a ring knows of its users, and which of its addresses answer. Stands for cql.Connection."""

    def __init__(self, answering, users=None):
        self.answering = answering
        self.users = users
        self.whole = True

    def __call__(self, address, port, ca_file):
        if address not in self.answering:
            raise ConnectionRefusedError(address)
        return contextlib.nullcontext(self)

    def start(self, user=None, password=None):
        if self.users is not None and (user not in self.users or self.users[user] != password):
            raise cql.Refused("bad login")

    def query(self, statement, consistency=cql.LOCAL_QUORUM):
        if statement.startswith("CREATE ROLE"):
            self.users["yap"] = statement.split("'")[1]
        elif statement.startswith("ALTER ROLE cassandra"):
            del self.users["cassandra"]
        elif consistency == cql.ALL and not self.whole:
            raise cql.Refused("cannot achieve ALL")


class CassandraSettlesTest(ProductTest):

    def backend(self, name, server, **settings):
        connection = unittest.mock.patch.object(cql, "Connection", server)
        connection.start()
        self.addCleanup(connection.stop)
        return self.configured(name, CassandraTest.PORTS, **settings)

    def test_first_user_is_replaced_before_clients_are_told(self):
        server = FakeCassandra(["127.0.0.1"], {"cassandra": "cassandra"})
        backend = self.backend("cassandra", server, auth=True)
        self.assertFalse(backend.settle(backend.nodes))
        self.assertTrue(backend.settle(backend.nodes))
        self.assertEqual(server.users, {"yap": backend.credentials.password()})

    def test_first_user_that_a_start_cut_short_left_is_retired_by_the_next(self):
        server = FakeCassandra(["127.0.0.1"], {"cassandra": "cassandra"})
        backend = self.backend("cassandra", server, auth=True)
        server.users["yap"] = backend.credentials.password()
        self.assertFalse(backend.settle(backend.nodes))
        self.assertNotIn("cassandra", server.users)

    def test_server_without_users_yet_is_not_ready_and_says_why(self):
        backend = self.backend("cassandra", FakeCassandra(["127.0.0.1"], {}), auth=True)
        self.assertFalse(backend.settle(backend.nodes))
        self.assertEqual(backend.problem, "cassandra: bad login")

    def test_three_nodes_settle_when_each_reaches_all(self):
        server = FakeCassandra(["127.0.0.1", "127.0.0.2"])
        backend = self.backend("cassandra3", server)
        with unittest.mock.patch.object(Node, "is_running", lambda _: True):
            self.assertFalse(backend.settle(backend.nodes))
            server.answering.append("127.0.0.3")
            server.whole = False
            self.assertFalse(backend.settle(backend.nodes))
            server.whole = True
            self.assertTrue(backend.settle(backend.nodes))

    def test_ring_with_a_node_down_settles_without_it(self):
        server = FakeCassandra(["127.0.0.1", "127.0.0.2"])
        server.whole = False
        backend = self.backend("cassandra3", server)
        with unittest.mock.patch.object(Node, "is_running", lambda node: node.address != "127.0.0.3"):
            self.assertTrue(backend.settle(backend.nodes[:2]))
