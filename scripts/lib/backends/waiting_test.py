import fcntl
import os
import signal
import threading
import unittest.mock

from backends import waiting
from backends.fixture import BackendsTest
from backends.report import Failed


class SignalsTest(BackendsTest):

    def setUp(self):
        super().setUp()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self.addCleanup(signal.signal, number, signal.getsignal(number))
        waiting.note_signals()

    def test_signal_is_raised_by_the_next_wait_and_only_once(self):
        os.kill(os.getpid(), signal.SIGTERM)
        with self.assertRaises(waiting.Interrupted) as raised:
            waiting.pause(0)
        self.assertEqual(raised.exception.number, signal.SIGTERM)
        waiting.pause(0)

    def test_signal_ends_a_long_wait(self):
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        with self.assertRaises(waiting.Interrupted):
            waiting.until(lambda: False, 60)


class UntilTest(BackendsTest):

    def test_condition_that_holds_is_not_waited_for(self):
        self.assertTrue(waiting.until(lambda: True, 0))

    def test_condition_that_never_holds_is_given_up(self):
        self.assertFalse(waiting.until(lambda: False, 0))

    def test_condition_is_asked_until_it_holds(self):
        answers = iter([False, False, True])
        self.assertTrue(waiting.until(lambda: next(answers), 10, step=0))


class LockTest(BackendsTest):

    def test_second_holder_waits_and_says_so(self):
        path = self.root / "new" / "lock"
        with waiting.locked(path):
            with self.assertRaisesRegex(Failed, "still locked"):
                with waiting.locked(path, seconds_max=0):
                    self.fail("held twice")
        self.assertIn(str(path), self.stderr.getvalue())
        with waiting.locked(path, seconds_max=0):
            pass

    def test_lock_file_that_is_removed_as_we_come_is_not_what_we_hold(self):
        path = self.root / "lock"
        flock, calls = fcntl.flock, []

        def flock_late(file, flags):
            if not calls:
                path.unlink()
            calls.append(file)
            flock(file, flags)

        with unittest.mock.patch.object(fcntl, "flock", flock_late), waiting.locked(path):
            self.assertEqual(len(calls), 2)
            self.assertTrue(path.exists())
