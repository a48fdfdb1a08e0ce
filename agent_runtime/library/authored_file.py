"""One YAML file that somebody wrote, as a checked record."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from agent_runtime.authored import load_yaml
from agent_runtime.library.content import LibraryError, sentence_of

Record = TypeVar("Record", bound=BaseModel)


def read_authored(path: Path, record: type[Record]) -> Record:
    """Returns the record of a file.

    Raises:
        LibraryError: it cannot be used; the sentence names file, field, value and rule.
    """
    try:
        return record.model_validate(load_yaml(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise LibraryError(f"{path}: the file does not exist; name one.") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        line = " ".join(str(error).split())[:160]
        raise LibraryError(f"{path}: not YAML in UTF-8 ({line}).") from None
    except ValidationError as error:
        raise LibraryError(f"{path}: {sentence_of(error)}") from None
