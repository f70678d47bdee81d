import signal
import socket
import unittest.mock

from backends import node as node_module
from backends import waiting
from backends.fixture import FAKE_JAVA, BackendsTest
from backends.node import Node
from backends.report import Failed


def _listens(node, port):
    try:
        socket.create_connection((node.address, port), timeout=5).close()
    except OSError:
        return False
    return True


class NodeTest(BackendsTest):

    def setUp(self):
        super().setUp()
        self.java = self.program("java", FAKE_JAVA)
        self.node = Node("fake", self.root / "node1", "127.0.0.1")
        self.node.make_folders()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        self.addCleanup(self.node.kill)

    def launch(self, behaviour="serves"):
        self.node.launch(self.java, ["127.0.0.1", str(self.port), behaviour])

    def state(self):
        return self.node.state(lambda node: _listens(node, self.port))

    def serve(self, behaviour="serves"):
        self.launch(behaviour)
        self.assertTrue(waiting.until(lambda: self.state() == "ready", 20))

    def test_states_of_a_life(self):
        self.assertEqual(self.state(), "stopped")
        self.serve()
        self.assertTrue(self.node.send(signal.SIGSTOP))
        self.assertTrue(waiting.until(lambda: self.state() == "paused", 10))
        self.assertTrue(self.node.send(signal.SIGCONT))
        self.assertTrue(waiting.until(lambda: self.state() == "ready", 10))
        self.assertTrue(self.node.kill())
        self.assertEqual(self.state(), "dead")
        self.node.forget()
        self.assertEqual(self.state(), "stopped")

    def test_another_command_finds_the_process_by_the_folder_alone(self):
        self.serve()
        again = Node("fake", self.node.folder, self.node.address)
        self.assertTrue(again.is_running())
        self.assertTrue(again.kill())
        self.assertFalse(again.is_running())
        self.assertFalse(again.kill())

    def test_process_of_an_earlier_start_is_not_this_one(self):
        self.serve()
        with self.node.process() as first:
            (self.node.folder / "token").write_text("fake-0", encoding="utf-8")
            self.assertFalse(self.node.is_running())
            first.kill()

    def test_death_at_start_is_told_with_the_log_of_this_start_only(self):
        self.node.log.write_text("an earlier start\n", encoding="utf-8")
        self.launch("dies")
        self.node._child.wait()
        with self.assertRaisesRegex(Failed, "ended with status 1 .*\n.*\nno such disk$") as raised:
            self.node.require_alive()
        self.assertNotIn("an earlier start", str(raised.exception))

    def test_death_by_signal_9_suspects_memory(self):
        self.launch("mute")
        self.node._child.kill()
        self.node._child.wait()
        with self.assertRaisesRegex(Failed, r"killed by signal 9 \(out of memory\?\)"):
            self.node.require_alive()

    def test_caller_s_variables_do_not_reach_the_server(self):
        java = self.program("java", "#!/bin/sh\nenv\n")
        with unittest.mock.patch.dict("os.environ", {"JAVA_TOOL_OPTIONS": "-Xmx1m"}):
            self.node.launch(java, [])
        self.node._child.wait()
        printed = self.node.log.read_text(encoding="utf-8")
        self.assertIn("LC_ALL=C.UTF-8", printed)
        self.assertNotIn("JAVA_TOOL_OPTIONS", printed)

    def test_long_log_is_set_aside(self):
        self.node.log.write_text("x" * 100, encoding="utf-8")
        with unittest.mock.patch.object(node_module, "_LOG_BYTES_MAX", 99):
            self.launch("dies")
        self.node._child.wait()
        self.assertEqual((self.node.folder / "log.old").stat().st_size, 100)
        self.assertTrue(self.node.log_tail().startswith("begins"))

    def test_temporary_files_of_a_crash_go_at_the_next_start(self):
        (self.node.folder / "tmp" / "left.so").touch()
        self.node.make_folders()
        self.assertEqual(list((self.node.folder / "tmp").iterdir()), [])
