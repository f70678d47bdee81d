import json
import socket
import unittest.mock

from backends import ports
from backends.fixture import BackendsTest
from backends.report import Failed


class PortsTest(BackendsTest):

    def setUp(self):
        super().setUp()
        patience = unittest.mock.patch.object(ports, "_FREE_SECONDS", 0)
        patience.start()
        self.addCleanup(patience.stop)
        self.folder = self.root / "server"
        self.folder.mkdir()

    def assign(self, folder=None, names=("cql", "storage"), asked=None, saved=None):
        return ports.assign(folder or self.folder, names, asked or {}, saved or {}, ["127.0.0.1"])

    def listener(self, address="127.0.0.1"):
        listening = socket.create_server((address, 0))
        self.addCleanup(listening.close)
        return listening.getsockname()[1]

    def test_free_ports_are_distinct_and_below_those_of_outgoing_connections(self):
        chosen = self.assign(names=("a", "b", "c"))
        self.assertEqual(len(set(chosen.values())), 3)
        self.assertTrue(all(ports.FIRST <= port <= ports.LAST for port in chosen.values()))

    def test_saved_ports_are_taken_again_unless_others_are_asked(self):
        saved = self.assign()
        self.assertEqual(self.assign(saved=saved), saved)
        self.assertEqual(self.assign(saved=saved, asked={"cql": 0}), saved)
        other = self.assign(names=("x",))["x"]
        self.assertEqual(self.assign(saved=saved, asked={"cql": other}), {**saved, "cql": other})

    def test_taken_port_is_an_error_that_tells_the_way_out(self):
        taken = self.listener()
        with self.assertRaisesRegex(Failed, f"port {taken} .*or choose another with --cql-port"):
            self.assign(asked={"cql": taken})
        with self.assertRaisesRegex(Failed, f"port {taken} .*names it\\)$"):
            self.assign(saved={"storage": taken})

    def test_port_must_be_free_on_every_address(self):
        self.assertFalse(ports.is_free(self.listener("127.0.0.3"), ["127.0.0.1", "127.0.0.3"]))

    def test_port_of_another_folder_is_not_taken_even_while_nothing_listens(self):
        with unittest.mock.patch.object(ports, "LAST", ports.FIRST + 1):
            mine = self.assign(names=("only",))
            other = self.root / "other"
            other.mkdir()
            theirs = self.assign(other, names=("only",))
            self.assertEqual({*mine.values(), *theirs.values()}, {ports.FIRST, ports.FIRST + 1})
            third = self.root / "third"
            with self.assertRaisesRegex(Failed, "no free port"):
                self.assign(third, names=("only",))
            other.rmdir()
            self.assertEqual(self.assign(third, names=("only",)), theirs)

    def test_ledger_that_cannot_be_read_is_begun_anew(self):
        self.assign()
        ledger = self.root / "cache/yap/backends/ports.json"
        ledger.write_text("{", encoding="utf-8")
        chosen = self.assign()
        noted = json.loads(ledger.read_text(encoding="utf-8"))
        self.assertEqual(set(noted), {str(port) for port in chosen.values()})
