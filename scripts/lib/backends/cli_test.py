import contextlib
import io
import json
import unittest.mock

from backends import cli, lifecycle, waiting
from backends.fixture import FakeServersTest


class CommandLineTest(FakeServersTest):

    def setUp(self):
        super().setUp()
        for name in ("os.umask", "backends.waiting.note_signals"):  # Those of the test process stay.
            patch = unittest.mock.patch(name)
            patch.start()
            self.addCleanup(patch.stop)

    def run_cli(self, *arguments):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            status = cli.main([*arguments, f"--dir={self.folder}"])
        return status, output.getvalue()

    def test_up_prints_what_eval_takes_and_nothing_else(self):
        status, output = self.run_cli("up")
        self.assertEqual(status, 0)
        self.assertRegex(output, r"\AYAP_CASSANDRA=127.0.0.1:\d+\nYAP_PULSAR=127.0.0.1:\d+\n\Z")

    def test_status_is_for_programs_and_people(self):
        self.assertEqual(self.run_cli("status")[0], 1)
        self.run_cli("up", "cassandra")
        status, output = self.run_cli("status", "--json")
        told = json.loads(output)
        self.assertEqual((status, told["ready"]), (0, True))
        self.assertEqual(list(told["backends"]["cassandra"]["environment"]), ["YAP_CASSANDRA"])
        self.assertIn("ready", self.run_cli("status")[1])
        self.run_cli("kill")
        self.assertEqual(self.run_cli("status"), (1, "cassandra    dead\n"))

    def test_failure_is_one_message_and_status_1(self):
        self.assertEqual(self.run_cli("kill", "scylla"), (1, ""))
        self.assertIn("scripts/backends: there is no backend 'scylla'", self.stderr.getvalue())

    def test_interruption_has_the_status_of_its_signal(self):
        with unittest.mock.patch.object(lifecycle, "up", side_effect=waiting.Interrupted(15)):
            self.assertEqual(self.run_cli("up")[0], 143)

    def test_usage_errors_have_status_2(self):
        for arguments in ([], ["begin"], ["up", "--cql-port", "70000"], ["up", "--cql-port", "x"]):
            with self.assertRaises(SystemExit) as ended:
                cli.main(arguments)
            self.assertEqual(ended.exception.code, 2)

    def test_folder_that_the_servers_could_not_take_is_refused(self):
        self.folder = self.root / "with space"
        self.assertEqual(self.run_cli("up")[0], 1)
        self.assertIn("choose another with --dir", self.stderr.getvalue())
