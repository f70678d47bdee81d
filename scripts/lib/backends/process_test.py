import secrets
import signal
import subprocess
import sys

from backends import process, waiting
from backends.fixture import BackendsTest


class ProcessTest(BackendsTest):

    def setUp(self):
        super().setUp()
        self.token = f"test-{secrets.token_hex(8)}"

    def start(self, text="import time; time.sleep(60)", *arguments):
        child = subprocess.Popen([sys.executable, "-c", text, *arguments], stdout=subprocess.PIPE)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        return child

    def find(self):
        self.assertTrue(waiting.until(lambda: process.find(self.token), 10))
        found = process.find(self.token)
        self.addCleanup(found.__exit__)
        return found

    def test_process_is_found_by_its_whole_token(self):
        self.assertIsNone(process.find(self.token))
        child = self.start("import time; time.sleep(60)", process.marker(self.token))
        self.assertEqual(self.find().pid, child.pid)
        self.assertIsNone(process.find(self.token[:-1]))

    def test_killed_process_is_gone_before_its_parent_reaps_it(self):
        self.start("import time; time.sleep(60)", process.marker(self.token))
        found = self.find()
        self.assertFalse(found.has_ended())
        found.kill()
        self.assertTrue(found.has_ended())
        self.assertIsNone(process.find(self.token))

    def test_signal_to_a_process_that_ended_goes_nowhere(self):
        child = self.start("import time; time.sleep(60)", process.marker(self.token))
        found = self.find()
        child.kill()
        child.wait()
        found.send(signal.SIGTERM)

    def test_paused_process_ends_on_terminate(self):
        self.start("import time; time.sleep(60)", process.marker(self.token))
        found = self.find()
        found.send(signal.SIGSTOP)
        self.assertTrue(waiting.until(found.is_paused, 10))
        found.terminate()
        self.assertTrue(found.await_end(10))

    def test_process_that_ignores_terminate_is_killed(self):
        child = self.start("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
                           "print('deaf', flush=True); time.sleep(60)", process.marker(self.token))
        child.stdout.readline()
        found = self.find()
        found.terminate()
        self.assertFalse(found.await_end(0.2))
        self.assertTrue(found.has_ended())

    def test_memory_is_that_of_the_process(self):
        self.start("import time; time.sleep(60)", process.marker(self.token))
        self.assertGreater(self.find().memory_kib(), 1000)
