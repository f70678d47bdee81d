import pathlib
import shutil
import subprocess
import unittest

from form.fixture import FixtureTest

SCRIPTS = pathlib.Path(__file__).resolve().parents[1]


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
class UnitsTest(FixtureTest):

    def judge(self, change=lambda text: text):
        unit = (SCRIPTS.parent / "deploy/yapd.service").read_text(encoding="utf-8")
        self.tree({"yapd.service": change(unit)})
        run = subprocess.run([SCRIPTS / "check-units", self.root / "yapd.service"],
                             capture_output=True, text=True, timeout=60, check=False)
        return run.returncode

    def test_shipped_unit_passes(self):
        self.assertEqual(self.judge(), 0)

    def test_exposed_unit_fails(self):
        self.assertNotEqual(self.judge(lambda unit: unit.replace("ProtectSystem=strict\n", "")
                                       .replace("SystemCallFilter", "#")), 0)

    def test_misspelt_setting_fails(self):
        self.assertNotEqual(self.judge(lambda unit: unit.replace("UMask=", "UMsk=")), 0)
