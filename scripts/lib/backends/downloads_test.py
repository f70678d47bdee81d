import hashlib
import os
import unittest.mock

from backends import downloads, waiting
from backends.fixture import BackendsTest
from backends.report import Failed

FAKE_MVN = """#!/bin/sh
echo "$@" >>"$FAKE/calls"
for argument; do
  folder=${argument#-DoutputDirectory=}
  [ "$folder" = "$argument" ] || { mkdir -p "$folder"; cp "$FAKE"/jars/* "$folder"; }
done
"""


class PinsTest(BackendsTest):

    def setUp(self):
        super().setUp()
        (self.root / "a.jar").write_bytes(b"a")
        self.pins = f"{hashlib.sha256(b'a').hexdigest()}  a.jar\n"

    def test_exactly_the_pinned_files_pass(self):
        downloads.require_pinned(self.root, self.pins, "*.jar")

    def test_changed_missing_and_additional_files_are_named(self):
        (self.root / "a.jar").write_bytes(b"b")
        (self.root / "more.jar").touch()
        with self.assertRaisesRegex(Failed, "a.jar, gone.jar, more.jar$"):
            downloads.require_pinned(self.root, f"{self.pins}{'0' * 64}  gone.jar\n", "*.jar")

    def test_list_of_the_tree_is_one(self):
        lines = downloads._CASSANDRA_JARS.read_text(encoding="utf-8").splitlines()
        self.assertGreater(len(lines), 50)
        for line in lines:
            self.assertRegex(line, r"^[0-9a-f]{64}  [\w.+-]+\.jar$")


class FetchTest(BackendsTest):

    def setUp(self):
        super().setUp()
        (self.root / "bin").mkdir()
        (self.root / "jars").mkdir()
        (self.root / "jars/a.jar").write_bytes(b"a")
        (self.root / "jars/native-osx.jar").write_bytes(b"b")
        pins = self.root / "pins"
        pins.write_text(f"{hashlib.sha256(b'a').hexdigest()}  a.jar\n", encoding="utf-8")
        java = self.root / "jdk/bin/java"
        path = f"{self.root}/bin:{os.environ['PATH']}"
        for patch in (unittest.mock.patch.dict(os.environ, {"FAKE": str(self.root), "PATH": path}),
                      unittest.mock.patch.object(downloads, "_CASSANDRA_JARS", pins),
                      unittest.mock.patch.object(downloads.host, "java_17", lambda: java)):
            patch.start()
            self.addCleanup(patch.stop)

    def mvn(self, text):
        self.program("bin/mvn", text)

    def cached(self):
        folder = self.root / "cache/yap/backends"
        return sorted(path.name for path in folder.iterdir() if path.is_dir())

    def test_second_fetch_asks_nobody(self):
        self.mvn(FAKE_MVN)
        folder = downloads.cassandra()
        self.assertEqual([jar.name for jar in folder.iterdir()], ["a.jar"])
        self.assertEqual(downloads.cassandra(), folder)
        calls = (self.root / "calls").read_text(encoding="utf-8").splitlines()
        self.assertEqual(len(calls), 1)
        self.assertIn("--strict-checksums", calls[0])

    def test_wrong_jar_leaves_nothing_in_the_cache(self):
        (self.root / "jars/a.jar").write_bytes(b"evil")
        self.mvn(FAKE_MVN)
        with self.assertRaisesRegex(Failed, "not what is pinned"):
            downloads.cassandra()
        self.assertEqual(self.cached(), [])

    def test_failed_fetch_tells_why_and_leaves_nothing(self):
        self.mvn("#!/bin/sh\necho '[ERROR] no route'; exit 3\n")
        with self.assertRaisesRegex(Failed, r"exit 3\):\n\[ERROR\] no route"):
            downloads.cassandra()
        self.assertEqual(self.cached(), [])

    def test_what_a_killed_fetch_left_goes_and_does_not_count(self):
        left = self.root / f"cache/yap/backends/cassandra-{downloads.CASSANDRA_VERSION}.left"
        left.mkdir(parents=True)
        self.mvn(FAKE_MVN)
        downloads.cassandra()
        self.assertEqual(self.cached(), [f"cassandra-{downloads.CASSANDRA_VERSION}"])

    def test_interrupted_fetch_ends_mvn(self):
        self.mvn("#!/bin/sh\necho $$ >\"$FAKE/pid\"; exec sleep 60\n")
        pid = self.root / "pid"

        def interrupt(_):
            if pid.is_file() and pid.read_text():
                raise waiting.Interrupted(2)

        with unittest.mock.patch.object(waiting, "pause", interrupt):
            with self.assertRaises(waiting.Interrupted):
                downloads.cassandra()
        with self.assertRaises(ProcessLookupError):
            os.kill(int(pid.read_text(encoding="utf-8")), 0)
        self.assertEqual(self.cached(), [])

    def test_without_mvn_the_message_says_how_to_get_it(self):
        with unittest.mock.patch.dict(os.environ, {"PATH": "/nowhere"}):
            with self.assertRaisesRegex(Failed, "'mvn' is not on PATH.*scripts/deps --cluster"):
                downloads.cassandra()
