"""Writes the locks of the server's environment: `python speech/lock.py UV`.

`uv pip compile` finds versions and hashes. What it writes is parted: torch for a GPU, with the
libraries of CUDA, is as large as all the rest, and the build for the CPU wants none of them.
"""

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
WANTED, SERVER = HERE / "server.in", HERE / "server.lock"
CUDA, CPU = HERE / "cuda.lock", HERE / "cpu.lock"
_IS_CUDA = re.compile(r"(?:torch==|nvidia-|cuda-toolkit|triton)")
TORCH = "2.13.0"
TORCH_ON_CPU = "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b"
"""SHA-256 of PyTorch's own build of that version for the CPU, Python 3.11 and x86_64.

It is in a file of its own, since pip prefers a build whose hash its index tells, and that is the
one for a GPU.
"""


def lock(uv: str) -> None:
    """Writes both; versions that are locked and still fit are kept."""
    known = [str(path) for path in (SERVER, CUDA) if path.exists()]
    options = ("--python-version=3.11", "--generate-hashes", "--no-emit-index-url")
    quiet = ("--no-emit-find-links", "--no-annotate", "--no-header", "-q")
    kept = [f"--constraints={_versions(known)}"] if known else []
    command = [uv, "pip", "compile", str(WANTED), *options, *quiet, *kept]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    blocks = re.split(r"\n(?=\S)", found.strip())
    cuda = [block for block in blocks if _IS_CUDA.match(block)]
    server = [block for block in blocks if not _IS_CUDA.match(block)]
    if not any(block.startswith(f"torch=={TORCH} ") for block in cuda):
        raise SystemExit(f"TORCH = {TORCH!r} is not what was found; set it and its hash.")
    SERVER.write_text("\n".join(server) + "\n", "utf-8")
    CUDA.write_text("\n".join(cuda) + "\n", "utf-8")
    CPU.write_text(f"torch=={TORCH} \\\n    --hash=sha256:{TORCH_ON_CPU}\n", "utf-8")


def _versions(locks: list[str]) -> Path:
    names = re.compile(r"^\S+==\S+", re.MULTILINE)
    lines = [line for path in locks for line in names.findall(Path(path).read_text("utf-8"))]
    kept = HERE.parent / "out" / "speech-versions.txt"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("\n".join(lines) + "\n", "utf-8")
    return kept


if __name__ == "__main__":
    lock(sys.argv[1])
