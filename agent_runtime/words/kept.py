"""Expressions of the word files, compiled once for each Python, as Python itself keeps modules.

To compile the phrases that a mail is held against takes seconds of each process that reads one;
to read them back takes a tenth. Kept is the code of the standard library's own compiler, beside
what it was made from, in `__pycache__`. Whatever does not fit is compiled again: another Python,
an edited word file, a folder that nobody may write to.
"""

import hashlib
import marshal
import os
import re
import sys
from array import array
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import cache_from_source
from itertools import starmap
from pathlib import Path
from typing import Any

_Kept = tuple[int, bytes, int, dict[str, int]]
"""Flags, code, number of groups, and numbers of the named groups of an expression."""


def compiled(
    name: str, sources: Sequence[str], flags: int = 0, *, folder: Path = Path(__file__).parent
) -> list[re.Pattern[str]]:
    """Returns compiled expressions, read back where they are kept under this name.

    Args:
        name: Of their place in the word files, like `opt_out/en.groups`; what is kept there is
            replaced when it does not fit, so that nothing piles up.
        sources: The expressions, in the order in which they are returned.
        flags: With which each is compiled.
        folder: In whose `__pycache__` they are kept; this package's by default.
    """
    path = _path(folder, name)
    try:
        identity = _identity(sources, flags)
        kept = _read(path, identity)
        if kept is None:
            kept = [_code_of(source, int(flags)) for source in sources]
            _write(path, identity, kept)
        return list(starmap(_pattern, zip(sources, kept, strict=True)))
    except (ImportError, AttributeError, TypeError, ValueError, RuntimeError):
        # Another Python, whose compiler has other inner names, or a damaged file.
        return [re.compile(source, flags) for source in sources]


def _code_of(source: str, flags: int) -> _Kept:
    tree = import_module("re._parser").parse(source, flags)
    code = import_module("re._compiler")._code(tree, flags)
    state = tree.state
    return flags | state.flags, array("I", code).tobytes(), state.groups - 1, dict(state.groupdict)


def _pattern(source: str, kept: _Kept) -> re.Pattern[str]:
    flags, code, groups, names = kept
    by_number = {number: name for name, number in names.items()}
    named = tuple(by_number.get(number) for number in range(groups + 1))
    codes = array("I", code).tolist()
    return import_module("_sre").compile(source, flags, codes, groups, names, named)


def _identity(sources: Sequence[str], flags: int) -> str:
    told = (sys.version, import_module("_sre").MAGIC, sys.byteorder, int(flags), *sources)
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _path(folder: Path, name: str) -> Path:
    return Path(cache_from_source(str(folder / f"{name.replace('/', '.')}.py"))).with_suffix(".sre")


def _read(path: Path, identity: str) -> Any:
    with suppress(OSError, ValueError, TypeError, EOFError):
        found, kept = marshal.loads(path.read_bytes())
        return kept if found == identity else None
    return None


def _write(path: Path, identity: str, kept: Any) -> None:
    if sys.dont_write_bytecode:
        return
    beside = path.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        beside.write_bytes(marshal.dumps((identity, kept)))
        beside.replace(path)
