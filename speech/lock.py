"""Writes the locks of the server's environment: `python speech/lock.py UV`.

`uv pip compile` finds versions and hashes; what it writes is parted in two, since the libraries of
CUDA are as large as all the rest and a build of torch for the CPU does not want them.
"""

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
WANTED, SERVER, CUDA = HERE / "server.in", HERE / "server.lock", HERE / "cuda.lock"
_IS_CUDA = re.compile(r"(?:nvidia-|cuda-toolkit|triton)")
TORCH_ON_CPU = "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b"
"""SHA-256 of PyTorch's own build of 2.13.0 for the CPU, Python 3.11 and x86_64; the index of which
it is no part knows the others."""


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
    server = [_with_cpu(block) for block in blocks if not _IS_CUDA.match(block)]
    SERVER.write_text("\n".join(server) + "\n", "utf-8")
    CUDA.write_text("\n".join(cuda) + "\n", "utf-8")


def _with_cpu(block: str) -> str:
    is_torch = block.startswith("torch==2.13.0 ")
    return f"{block} \\\n    --hash=sha256:{TORCH_ON_CPU}" if is_torch else block


def _versions(locks: list[str]) -> Path:
    names = re.compile(r"^\S+==\S+", re.MULTILINE)
    lines = [line for path in locks for line in names.findall(Path(path).read_text("utf-8"))]
    kept = HERE.parent / "out" / "speech-versions.txt"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("\n".join(lines) + "\n", "utf-8")
    return kept


if __name__ == "__main__":
    lock(sys.argv[1])
