"""Throw-away certificates, as an operator would make them with openssl."""

import subprocess
from pathlib import Path

_CONFIG = """[ca]
default_ca = it
[it]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
unique_subject = no
policy = policy
[policy]
commonName = supplied
"""
_NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
_VALID = ("20240101000000Z", "20990101000000Z")
EXPIRED = ("20200101000000Z", "20210101000000Z")


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)


class Authority:
    """A CA in a folder; issue() leaves NAME.pem and NAME.key there."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        (self.folder / "index").touch()
        (self.folder / "config").write_text(_CONFIG.format(folder=self.folder))
        self.file = self.folder / "ca.pem"
        _openssl("req", "-x509", *_NEW_KEY, "-days", 3650, "-subj", "/CN=a test's authority",
                 "-keyout", self.folder / "ca.key", "-out", self.file)

    def issue(self, name, names=("DNS:localhost", "IP:127.0.0.1"), valid=_VALID):
        """(certificate, key) for `names`; an older one of that file name is replaced."""
        base = self.folder / name
        certificate, key = base.with_suffix(".pem"), base.with_suffix(".key")
        request, extensions = base.with_suffix(".csr"), base.with_suffix(".ext")
        extensions.write_text(f"subjectAltName = {','.join(names)}\n")
        _openssl("req", "-new", *_NEW_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        _openssl("ca", "-batch", "-notext", "-config", self.folder / "config", "-cert", self.file,
                 "-keyfile", self.folder / "ca.key", "-in", request, "-out", certificate, "-startdate",
                 valid[0], "-enddate", valid[1], "-extfile", extensions)
        return certificate, key

    def flags(self, name):
        """What a process of a cluster is told of its certificate `name`."""
        base = self.folder / name
        return ["--cluster-tls-ca-file", str(self.file), "--cluster-tls-cert-file", f"{base}.pem",
                "--cluster-tls-key-file", f"{base}.key"]
