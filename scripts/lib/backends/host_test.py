import os
import unittest.mock

from backends import host
from backends.fixture import BackendsTest
from backends.report import Failed

MEMINFO = "MemTotal: 9000000 kB\nMemAvailable: 2048000 kB\nSwapFree: 1024000 kB\n"


class MemoryTest(BackendsTest):

    def available(self, **cgroup):
        (self.root / "meminfo").write_text(MEMINFO, encoding="utf-8")
        for name, content in cgroup.items():
            (self.root / f"memory.{name}").write_text(content, encoding="utf-8")
        return host.memory_available_mib(self.root / "meminfo", self.root)

    def test_swap_counts(self):
        self.assertEqual(self.available(), 3000)

    def test_control_group_without_a_limit_changes_nothing(self):
        self.assertEqual(self.available(max="max\n"), 3000)

    def test_limit_of_the_control_group_counts_and_its_cache_does_not(self):
        used, cache = 400 << 20, 100 << 20
        self.assertEqual(self.available(max=str(1000 << 20), current=str(used),
                                        stat=f"anon 1\ninactive_file {cache}\n"), 700)

    def test_too_little_is_an_error_with_both_numbers(self):
        host.require_memory(500, "pulsar", available_mib=500)
        with self.assertRaisesRegex(Failed, "pulsar needs about 501 MiB .* 500 MiB are available"):
            host.require_memory(501, "pulsar", available_mib=500)


class JavaTest(BackendsTest):

    def setUp(self):
        super().setUp()
        folder = unittest.mock.patch.object(host, "_JVM_FOLDER", self.root / "jvm")
        folder.start()
        self.addCleanup(folder.stop)

    def java(self, home, version):
        (self.root / home / "bin").mkdir(parents=True)
        return self.program(f"{home}/bin/java",
                            f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")

    def find(self, **environment):
        with unittest.mock.patch.dict(os.environ, {"PATH": "/nowhere", **environment}):
            if "JAVA_HOME" not in environment:
                os.environ.pop("JAVA_HOME", None)
            return host.java_17()

    def test_only_version_17_will_do(self):
        self.java("jvm/java-11", "11.0.2")
        self.java("jvm/java-21", "21.0.1")
        self.java("jvm/java-8", "1.8.0_17")
        with self.assertRaisesRegex(Failed, "scripts/deps --cluster"):
            self.find()
        wanted = self.java("jvm/java-17", "17.0.15")
        self.assertEqual(self.find(), wanted)

    def test_java_home_comes_first_and_is_passed_over_when_it_is_another_version(self):
        installed = self.java("jvm/java-17", "17.0.15")
        chosen = self.java("mine", "17")
        self.java("newer", "25")
        self.assertEqual(self.find(JAVA_HOME=str(self.root / "mine")), chosen)
        self.assertEqual(self.find(JAVA_HOME=str(self.root / "newer")), installed)

    def test_java_on_path_is_found_and_a_broken_one_is_not(self):
        broken = self.java("broken", "17")
        broken.write_text("no program", encoding="utf-8")
        with self.assertRaises(Failed):
            self.find(PATH=str(broken.parent))
        good = self.java("good", "17.0.1")
        self.assertEqual(self.find(PATH=str(good.parent)), good)
