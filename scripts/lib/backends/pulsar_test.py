import http.server
import os
import socket
import threading
import unittest.mock

from backends import pulsar
from backends.fixture import STOCK_CONF, ProductTest
from backends.report import Failed


class PulsarTest(ProductTest):

    PORTS = {"pulsar": 6650, "admin": 8080, "bookie": 3181}

    def conf(self, backend):
        path = backend.nodes[0].folder / "conf/standalone.conf"
        lines = path.read_text(encoding="utf-8").splitlines()
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

    def test_bookie_that_registers_for_ever_is_a_spoilt_start(self):
        backend = self.configured("pulsar", self.PORTS)
        node = backend.nodes[0]
        line = ("2026-11-28T14:05:39,044 INFO  o.a.p.m.c.i.ResourceLockImpl - Lock on resource "
                "/ledgers/available/127.0.0.1:3181 was invalidated. state Valid\n")
        node.log.write_text(line * 3, encoding="utf-8")
        self.assertFalse(backend.is_spoilt(node))
        node.log.write_text(line * 1000, encoding="utf-8")
        self.assertTrue(backend.is_spoilt(node))

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
        text = pulsar.replaced(STOCK_CONF, {"journalSyncData": "true", "new": "2"})
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


class FakeAdminApi(http.server.BaseHTTPRequestHandler):
    """Answers what the server's `answers` hold for a path, else 404; notes every call."""

    def do_GET(self):
        self.server.calls.append((self.command, self.path, self.headers["Authorization"]))
        answer = self.server.answers.get(self.path.removeprefix("/admin/v2/"))
        self.send_response(404 if answer is None else 200)
        self.end_headers()
        self.wfile.write((answer or "").encode())

    do_PUT = do_GET

    def log_message(self, *_):
        pass


class PulsarAdminTest(ProductTest):

    def setUp(self):
        super().setUp()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), FakeAdminApi)
        self.server.calls, self.server.answers = [], {}
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def backend(self, **settings):
        ports = {**PulsarTest.PORTS, "admin": self.server.server_port}
        return self.configured("pulsar", ports, **settings)

    def test_ready_is_healthy_and_with_a_namespace(self):
        backend = self.backend()
        self.assertFalse(backend.is_ready(backend.nodes[0]))
        self.assertIn("404", backend.problem)
        self.server.answers = {"brokers/health": "ok", "namespaces/public": "[]"}
        self.assertFalse(backend.is_ready(backend.nodes[0]))
        self.server.answers["namespaces/public"] = '["public/default"]'
        self.assertTrue(backend.is_ready(backend.nodes[0]))

    def test_nobody_there_is_not_ready(self):
        backend = self.backend()
        with socket.create_server(("127.0.0.1", 0)) as free:
            backend.settings.ports["admin"] = free.getsockname()[1]
        self.assertFalse(backend.is_ready(backend.nodes[0]))

    def test_unload_is_a_put_with_the_token_and_past_every_proxy(self):
        backend = self.backend(auth=True)
        self.server.answers = {"persistent/public/default/t/unload": ""}
        with unittest.mock.patch.dict(os.environ, {"http_proxy": "http://127.0.0.1:9"}):
            backend.unload("public/default/t")
        self.assertEqual(self.server.calls, [("PUT", "/admin/v2/persistent/public/default/t/unload",
                                              f"Bearer {backend.credentials.token()}")])

    def test_topic_that_is_not_there_is_an_error(self):
        with self.assertRaisesRegex(Failed, "PUT http://.*/namespaces/a/b/unload: 404"):
            self.backend().unload("a/b")
