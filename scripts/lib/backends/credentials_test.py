import base64
import json
import stat
import subprocess

from backends.credentials import Credentials, sign_token
from backends.fixture import BackendsTest


class CredentialsTest(BackendsTest):

    def setUp(self):
        super().setUp()
        self.credentials = Credentials(self.root / "secrets")

    def openssl(self, *arguments, **options):
        return subprocess.run(["openssl", *arguments], capture_output=True, timeout=30, check=True,
                              **options)

    def test_files_are_made_once_and_for_this_user_alone(self):
        for name in ("password_file", "token_key_file", "token_file"):
            path = getattr(self.credentials, name)
            content = path.read_bytes()
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, name)
            self.assertEqual(getattr(Credentials(self.root / "secrets"), name).read_bytes(), content)

    def test_certificate_is_good_for_every_address_and_signed_by_the_authority(self):
        shown = self.openssl("verify", "-CAfile", self.credentials.ca_file, "-purpose", "sslserver",
                             "-verify_ip", "127.0.0.3", self.credentials.certificate_file)
        self.assertIn(b"OK", shown.stdout)

    def test_key_of_the_authority_is_gone(self):
        folder = self.credentials.ca_file.parent
        self.assertEqual(sorted(path.name for path in folder.iterdir()),
                         ["ca.pem", "server-pair.pem", "server.key", "server.pem"])
        self.assertEqual([path.name for path in (self.root / "secrets").iterdir()], ["tls"])

    def test_pair_holds_the_key_of_its_certificate(self):
        of_key = self.openssl("pkey", "-in", self.credentials.pair_file, "-pubout").stdout
        of_certificate = self.openssl("x509", "-in", self.credentials.pair_file, "-noout", "-pubkey")
        self.assertEqual(of_key, of_certificate.stdout)

    def test_token_says_who_and_openssl_agrees_with_its_signature(self):
        key = b"0123456789abcdef0123456789abcdef"
        header, payload, signature = sign_token("yap", key).split(".")
        decoded = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, payload)]
        self.assertEqual(decoded, [{"alg": "HS256"}, {"sub": "yap"}])
        digest = self.openssl("dgst", "-sha256", "-binary", "-mac", "HMAC",
                              "-macopt", f"hexkey:{key.hex()}",
                              input=f"{header}.{payload}".encode()).stdout
        self.assertEqual(base64.urlsafe_b64decode(signature + "=="), digest)
