"""Reads settings of `vllm serve` as vLLM does, and says what it made of them.

Runs in the server's environment: `python flags.py FILE…` prints a JSON line for each file.
"""

import json
import sys

from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.entrypoints.launchers.cli_args import make_arg_parser
from vllm.utils.argparse_utils import FlexibleArgumentParser


def read(path: str) -> dict:
    """Returns what is not as vLLM has it anyway; ends the program where a flag is unknown."""
    parser = make_arg_parser(FlexibleArgumentParser())
    given = vars(parser.parse_args(["--config", path]))
    AsyncEngineArgs.from_cli_args(parser.parse_args(["--config", path]))
    usual = vars(parser.parse_args([]))
    return {name: value for name, value in given.items() if value != usual[name]}


if __name__ == "__main__":
    for asked in sys.argv[1:]:
        print(json.dumps({"file": asked, "given": read(asked)}, default=str), flush=True)
