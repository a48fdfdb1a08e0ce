"""Makes the environment of the server: `python3.11 speech/environment.py FOLDER [--cuda]`.

Its packages are those of `server.lock` and torch: the build for the CPU of `cpu.lock`, or with
`--cuda` that of `cuda.lock`, with its libraries. It imports nothing but the standard library, since
nothing else is there yet.
"""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent
SERVER, CPU, CUDA = HERE / "server.lock", HERE / "cpu.lock", HERE / "cuda.lock"


def make(environment: Path, *, with_cuda: bool = False) -> None:
    """Makes the environment; a second time costs nothing."""
    locks = [CUDA if with_cuda else CPU, SERVER]
    made_of = sha256(b"".join(lock.read_bytes() for lock in locks)).hexdigest()
    stamp = environment / "made_of"
    if stamp.exists() and stamp.read_text("utf-8") == made_of:
        return
    python = environment / "bin" / "python"
    _run(sys.executable, "-m", "venv", "--clear", str(environment))
    for lock in locks:
        # pip and not uv: where a build of torch for the CPU lies on the machine, pip knows of it.
        given = ("--no-deps", "--require-hashes", "-r", str(lock))
        _run(str(python), "-m", "pip", "install", "-q", *given)
    stamp.write_text(made_of, "utf-8")


def _run(*command: str) -> None:
    print(" ".join(command), flush=True)  # noqa: T201
    subprocess.run(command, check=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]), with_cuda="--cuda" in sys.argv[2:])
