import threading
import unittest.mock

from backends import host, lifecycle, waiting
from backends.backend import Asked
from backends.fixture import FakeProduct, FakeServersTest
from backends.report import Failed


class LifecycleTest(FakeServersTest):

    def up(self, *names, seconds_max=20, **asked):
        return lifecycle.up(self.folder, names, Asked(**asked), seconds_max)

    def states(self):
        status = lifecycle.status(self.folder, ())
        return {node["name"]: node["state"] for backend in status["backends"].values()
                for node in backend["nodes"]}

    def pids(self):
        status = lifecycle.status(self.folder, ())
        return [node["pid"] for backend in status["backends"].values() for node in backend["nodes"]]

    def test_up_without_names_starts_the_two_and_later_what_is_there(self):
        self.up()
        self.assertEqual(self.states(), {"cassandra": "ready", "pulsar": "ready"})
        lifecycle.down(self.folder, (), wipe=False)
        lifecycle.down(self.folder, ("pulsar",), wipe=True)
        self.up()
        self.assertEqual(self.states(), {"cassandra": "ready"})

    def test_second_up_starts_nothing(self):
        first, pids = self.up()[0].environment(), self.pids()
        self.assertEqual(self.up()[0].environment(), first)
        self.assertEqual(self.pids(), pids)

    def test_crash_is_told_apart_from_a_stop_and_up_keeps_the_port(self):
        before = self.up("cassandra")[0].environment()
        lifecycle.kill(self.folder, ())
        self.assertEqual(self.states(), {"cassandra": "dead"})
        self.assertEqual(self.up()[0].environment(), before)
        lifecycle.down(self.folder, (), wipe=False)
        self.assertEqual(self.states(), {"cassandra": "stopped"})

    def test_one_of_three_can_die_and_come_back(self):
        self.up("cassandra3")
        lifecycle.kill(self.folder, ("cassandra3/2",))
        self.assertEqual(list(self.states().values()), ["ready", "dead", "ready"])
        self.up("cassandra3/2")
        self.assertEqual(list(self.states().values()), ["ready"] * 3)

    def test_one_of_three_alone_is_no_beginning(self):
        with self.assertRaisesRegex(Failed, "starts as a whole the first time"):
            self.up("cassandra3/2")

    def test_server_that_dies_at_start_ends_the_others(self):
        FakeProduct.behaviour["pulsar"] = "dies"
        with self.assertRaisesRegex(Failed, "pulsar ended with status 1(.|\n)*no such disk"):
            self.up()
        self.assertEqual(self.states(), {"cassandra": "dead", "pulsar": "dead"})

    def test_failed_up_leaves_alone_what_ran_before(self):
        self.up("cassandra")
        FakeProduct.behaviour["pulsar"] = "dies"
        with self.assertRaises(Failed):
            self.up("cassandra", "pulsar")
        self.assertEqual(self.states(), {"cassandra": "ready", "pulsar": "dead"})

    def test_server_that_is_never_ready_is_ended(self):
        FakeProduct.behaviour["pulsar"] = "mute"
        with self.assertRaisesRegex(Failed, "pulsar was not ready in 0 s"):
            self.up("pulsar", seconds_max=0)
        self.assertEqual(self.states(), {"pulsar": "dead"})

    def test_start_that_went_wrong_is_made_again(self):
        FakeProduct.behaviour["pulsar"] = "spoilt"
        self.up("pulsar")
        self.assertEqual(self.states(), {"pulsar": "ready"})
        self.assertIn("pulsar has started badly; once more", self.stderr.getvalue())

    def test_interrupted_up_leaves_nothing_running(self):
        FakeProduct.behaviour["pulsar"] = "mute"

        def interrupt(_):
            raise waiting.Interrupted(2)

        with unittest.mock.patch.object(waiting, "pause", interrupt):
            with self.assertRaises(waiting.Interrupted):
                self.up()
        self.assertEqual(self.states(), {"cassandra": "dead", "pulsar": "dead"})

    def test_two_ups_at_once_start_one_server(self):
        results = []
        threads = [threading.Thread(target=lambda: results.append(self.up("cassandra")))
                   for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(results), 2)
        self.assertEqual(self.stderr.getvalue().count("starting cassandra"), 1)

    def test_paused_server_is_an_error_until_resumed(self):
        self.up("cassandra")
        lifecycle.pause(self.folder, ())
        self.assertEqual(self.states(), {"cassandra": "paused"})
        with self.assertRaisesRegex(Failed, "resume cassandra"):
            self.up()
        lifecycle.resume(self.folder, ())
        self.assertEqual(self.states(), {"cassandra": "ready"})

    def test_server_that_does_not_stop_is_killed(self):
        FakeProduct.behaviour["cassandra"] = "stubborn"
        self.up("cassandra")
        lifecycle.down(self.folder, (), wipe=False)
        self.assertIn("cassandra: killed, since it did not stop in 2 s", self.stderr.getvalue())
        self.assertEqual(self.states(), {"cassandra": "stopped"})

    def test_restart_is_a_new_process(self):
        self.up()
        before = self.pids()
        lifecycle.restart(self.folder, ("pulsar",), Asked(), 20)
        after = self.pids()
        self.assertEqual((before[0] == after[0], before[1] == after[1]), (True, False))

    def test_running_server_cannot_become_another(self):
        port = self.up("cassandra")[0].settings.ports["cql"]
        self.up("cassandra", auth=False, ports={"cql": port})
        for asked in ({"auth": True}, {"tls": True}, {"ports": {"cql": port + 1}}):
            with self.assertRaisesRegex(Failed, "down cassandra, then up again"):
                self.up("cassandra", **asked)

    def test_settings_are_remembered_until_others_are_asked(self):
        self.up("cassandra", auth=True)
        lifecycle.down(self.folder, (), wipe=False)
        self.assertTrue(self.up()[0].settings.auth)
        lifecycle.down(self.folder, (), wipe=False)
        self.assertFalse(self.up(auth=False)[0].settings.auth)

    def test_wipe_removes_all_that_is_ours_and_nothing_else(self):
        self.up()
        lifecycle.down(self.folder, (), wipe=True)
        self.assertFalse(self.folder.exists())
        self.up("cassandra")
        (self.folder / "notes").touch()
        lifecycle.down(self.folder, (), wipe=True)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["notes"])

    def test_one_of_three_cannot_be_wiped(self):
        self.up("cassandra3")
        with self.assertRaisesRegex(Failed, "takes a whole backend"):
            lifecycle.down(self.folder, ("cassandra3/1",), wipe=True)
        self.assertEqual(list(self.states().values()), ["ready"] * 3)

    def test_nothing_there_is_no_error_for_down_and_one_for_the_rest(self):
        lifecycle.down(self.folder, (), wipe=True)
        self.assertFalse(self.folder.exists())
        for act in (lambda: lifecycle.kill(self.folder, ("pulsar",)),
                    lambda: lifecycle.restart(self.folder, (), Asked(), 1),
                    lambda: lifecycle.unload(self.folder, "a/b"),
                    lambda: lifecycle.kill(self.folder, ("scylla",))):
            with self.assertRaises(Failed):
                act()
        self.assertFalse(self.folder.exists())

    def test_memory_that_is_short_is_seen_before_anything_starts(self):
        with unittest.mock.patch.object(host, "memory_available_mib", lambda: 2):
            with self.assertRaisesRegex(Failed, "cassandra3 needs about 3 MiB"):
                self.up("cassandra3")
        self.assertEqual(self.states(), {})
