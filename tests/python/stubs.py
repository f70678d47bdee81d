"""Python stubs of the .proto files, made anew for each run: what a user of the API does."""

import atexit
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROTO = Path(__file__).resolve().parents[2] / "proto"


def generate():
    """After it `import yap.v1…` works."""
    out = Path(tempfile.mkdtemp(prefix="yap-stubs-"))
    atexit.register(shutil.rmtree, out, ignore_errors=True)
    files = [str(p.relative_to(PROTO)) for p in PROTO.rglob("*.proto")]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}", f"--python_out={out}",
                    f"--grpc_python_out={out}", *files], check=True, cwd=PROTO)
    sys.path.insert(0, str(out))
    import google  # `google` and `grpc` are packages of others; ours lie beside them.
    import grpc
    google.__path__.append(str(out / "google"))
    grpc.__path__.append(str(out / "grpc"))
