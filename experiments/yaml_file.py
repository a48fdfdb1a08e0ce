"""Reads one YAML mapping from a file, strictly: no key twice, no other encoding than UTF-8."""

from pathlib import Path
from typing import Any, ClassVar

import yaml

from experiments.errors import SpecError


def read_mapping(path: Path) -> dict[str, Any]:
    """Returns the mapping that a YAML file holds; raises `SpecError` with one sentence."""
    try:
        content = yaml.load(path.read_bytes().decode(), Loader=_StrictLoader)
    except OSError as error:
        raise SpecError(f"{path}: the file cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise SpecError(
            f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8"
        ) from None
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SpecError(f"{path}: the YAML is broken{line}: {error.problem}") from None
    except yaml.YAMLError as error:
        raise SpecError(f"{path}: the YAML is broken: {error}") from None
    if content is None:
        raise SpecError(f"{path}: the file is empty, but a spec needs at least an id and arms")
    if not isinstance(content, dict):
        raise SpecError(
            f"{path}: the file holds a {type(content).__name__}, but a spec is a mapping of fields"
        )
    return content


_INT, _FLOAT, _BOOL, _TIME = (
    f"tag:yaml.org,2002:{x}" for x in ("int", "float", "bool", "timestamp")
)
_TEXT = "tag:yaml.org,2002:str"


class _StrictLoader(yaml.SafeLoader):
    """A safe loader that refuses a key given twice, which YAML would settle silently.

    Keys stay as they are written, and yes, no, on, off, true, false and days are texts: arms and
    columns may have such names, and no field is a truth value or a day.
    """

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in found if tag not in (_BOOL, _TIME)]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Returns the mapping of a node whose keys all differ."""
        seen: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in seen:
                problem = f"the field {key.value!r} stands there twice"
                raise yaml.constructor.ConstructorError(
                    problem=problem, problem_mark=key.start_mark
                )
            seen.add(str(key.value))
            if key.tag in (_INT, _FLOAT):
                key.tag = _TEXT
        return super().construct_mapping(node, deep)
