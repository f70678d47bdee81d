"""scripts/deps against a pretended system: fake dpkg-query, apt-get, apt-cache, id, sudo, systemctl."""

import os
import pathlib
import shutil
import subprocess

from form.fixture import FixtureTest

DEPS = pathlib.Path(__file__).resolve().parents[1] / "deps"
FTXUI = DEPS.parent / "lib/ftxui"
# Each fake notes its call; apt-get install adds its packages to the file that dpkg-query prints.
FAKES = {
    "dpkg-query": 'cat "$FAKE/installed"',
    "apt-cache": '[ ! -e "$FAKE/lists-empty" ] || exit 100',
    "apt-get": """case " $* " in
  *' update '*) rm -f "$FAKE/lists-empty" ;;
  *) [ ! -e "$FAKE/lists-empty" ] || exit 100
     for p in "$@"; do printf 'ii \\t%s, \\n' "$p" >>"$FAKE/installed"; done ;;
esac""",
    "id": 'cat "$FAKE/uid"',
    "sudo": '"$@"',
    "systemctl": ":",
    "npm": ":",
    "mvn": ":",
    "java": """echo "openjdk version \\"$(cat "$FAKE/java-version")\\"" >&2""",
    "clang++-19": 'echo "clang version 19.1.4"',
    "cargo": 'echo "cargo $(cat "$FAKE/cargo-version") (0123 2026-01-01)"',
}


class DepsTest(FixtureTest):

    def setUp(self):
        super().setUp()
        self.tree({f"bin/{name}": f'#!/bin/sh\necho "{name} $*" >>"$FAKE/calls"\n{body}\n'
                   for name, body in FAKES.items()})
        self.tree({"uid": "0\n", "calls": "", "installed": "", "java-version": "17.0.15",
                   "cargo-version": "1.88.0\n",
                   "os-release": "ID=debian\nVERSION_ID=12\n"})
        for fake in (self.root / "bin").iterdir():
            fake.chmod(0o755)
        if prefix := self.run_script(FTXUI, "--prefix").stdout.strip():  # As if built before.
            pathlib.Path(prefix).mkdir(parents=True)
            (pathlib.Path(prefix) / "done").touch()

    def run_deps(self, *arguments):
        return self.run_script(DEPS, *arguments)

    def run_script(self, script, *arguments):
        environment = {"PATH": f"{self.root}/bin:{os.environ['PATH']}", "FAKE": str(self.root),
                       "OS_RELEASE": str(self.root / "os-release"), "SYSTEMD_DIR": str(self.root),
                       "JVM_DIR": str(self.root / "jvm"), "HOME": str(self.root)}
        return subprocess.run([script, *arguments], env=environment, capture_output=True, text=True,
                              timeout=30, check=False)

    def calls(self, name):
        lines = (self.root / "calls").read_text().splitlines()
        return [line for line in lines if line.startswith(name + " ")]

    def install_all_but(self, *absent):
        wanted = self.run_deps("--test", "--bench", "--cluster", "--print").stdout.split()
        lines = [f"ii \t{name}, \n" for name in wanted if name not in absent]
        (self.root / "installed").write_text("".join(lines))

    def test_nothing_missing_touches_nothing(self):
        self.install_all_but()
        done = self.run_deps("--test", "--bench")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("are installed", done.stdout)
        self.assertEqual(self.calls("apt-get"), [])

    def test_only_what_is_missing_is_installed_without_an_update(self):
        self.install_all_but("ninja-build", "libfmt-dev")
        self.assertEqual(self.run_deps("--build").returncode, 0)
        self.assertEqual(self.calls("apt-get"),
                         ["apt-get install -y -q --no-install-recommends ninja-build libfmt-dev"])

    def test_rust_is_installed_for_the_cluster_only_where_it_is_too_old(self):
        self.install_all_but()
        self.assertEqual(self.run_deps("--cluster", "--print").stdout, "")
        self.tree({"cargo-version": "1.9.0\n"})
        self.assertEqual(self.run_deps("--cluster", "--print").stdout, "cargo-web\nrustc-web\n")
        self.assertEqual(self.run_deps("--build", "--print").stdout, "")

    def test_rust_is_installed_where_there_is_none(self):
        self.install_all_but()
        self.tree({"bin/cargo": "#!/bin/sh\nexit 127\n"})
        (self.root / "bin/cargo").chmod(0o755)
        self.assertEqual(self.run_deps("--cluster", "--print").stdout, "cargo-web\nrustc-web\n")

    def test_provided_package_counts_as_installed(self):
        self.install_all_but("pkg-config")
        with (self.root / "installed").open("a") as file:
            file.write("ii \tpkgconf, pkg-config (= 1.8.1)\n")
        self.assertEqual(self.run_deps("--print").stdout, "")

    def test_removed_package_with_configuration_left_is_missing(self):
        self.install_all_but("tmux")
        with (self.root / "installed").open("a") as file:
            file.write("rc \ttmux, \n")
        self.assertEqual(self.run_deps("--test", "--print").stdout, "tmux\n")

    def test_stale_package_lists_are_refreshed_once(self):
        self.install_all_but("ccache")
        self.tree({"lists-empty": ""})
        self.assertEqual(self.run_deps("--build").returncode, 0)
        self.assertEqual([line.split()[1] for line in self.calls("apt-get")], ["update", "install"])

    def test_ordinary_user_goes_through_sudo_and_is_told(self):
        self.install_all_but("ccache")
        (self.root / "uid").write_text("1000\n")
        done = self.run_deps("--build")
        self.assertEqual(done.returncode, 0)
        self.assertIn("asking sudo", done.stdout)
        self.assertIn("apt-get install", self.calls("sudo")[-1])

    def test_unknown_system_prints_the_packages_and_fails(self):
        (self.root / "os-release").write_text("ID=fedora\nVERSION_ID=41\n")
        done = self.run_deps("--build")
        self.assertEqual(done.returncode, 1)
        self.assertIn("clang-19\n", done.stderr)
        self.assertIn("fedora 41", done.stderr)
        self.assertEqual(self.calls("apt-get"), [])

    def test_benchmark_servers_do_not_stay_enabled(self):
        self.install_all_but("redis-server")
        self.assertEqual(self.run_deps("--bench").returncode, 0)
        verbs = [line.split()[1] for line in self.calls("systemctl")]
        self.assertEqual(verbs, ["mask", "unmask", "disable"])

    def test_java_17_and_maven_that_are_there_are_not_installed(self):
        missing = self.run_deps("--cluster", "--print").stdout.split()
        self.assertIn("openssl", missing)
        self.assertFalse({"maven", "openjdk-17-jre-headless"} & set(missing))

    def test_another_java_does_not_count(self):
        for version in ("21.0.1", "170.1", "1.8.0_17"):
            (self.root / "java-version").write_text(version)
            self.assertIn("openjdk-17-jre-headless", self.run_deps("--cluster", "--print").stdout.split())

    def test_java_17_is_found_where_distributions_put_it(self):
        (self.root / "java-version").write_text("21.0.1")
        self.tree({"jvm/java-17/bin/java": "#!/bin/sh\necho 'openjdk version \"17\"' >&2\n"})
        (self.root / "jvm/java-17/bin/java").chmod(0o755)
        self.assertNotIn("openjdk-17-jre-headless", self.run_deps("--cluster", "--print").stdout.split())

    def test_ftxui_that_cannot_be_had_fails_in_one_line_and_says_how_to_do_without(self):
        self.install_all_but()
        shutil.rmtree(self.root / ".cache", ignore_errors=True)
        done = self.run_deps("--build")
        if self.run_script(FTXUI, "--prefix").stdout:  # Else the distribution has it.
            self.assertEqual(done.returncode, 1)
            self.assertIn("YAP_WITH_TUI=OFF", done.stderr.splitlines()[-1])
            self.assertEqual([at.name for at in (self.root / ".cache/yap").iterdir()], [])

    def test_ftxui_of_another_compiler_is_another_one(self):
        before = self.run_script(FTXUI, "--prefix").stdout
        (self.root / "bin/clang++-19").write_text("#!/bin/sh\necho clang version 19.1.7\n")
        after = self.run_script(FTXUI, "--prefix").stdout
        self.assertEqual(before == after, not before)

    def test_unknown_option_is_a_usage_error(self):
        self.assertEqual(self.run_deps("--tests").returncode, 2)
