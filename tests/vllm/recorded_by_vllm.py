"""Today's real server against what was recorded of one, and against the settings that ship."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.vllm.record import responses
from tests.vllm.recordings import read, shape

HERE = Path(__file__).parent
DEPLOY = HERE.parents[1] / "deploy" / "vllm"


def test_the_server_speaks_as_it_was_recorded(server):
    """Names and kinds of every response, chunk by chunk; else the stand-in is out of date."""
    for name, said in responses(server):
        recorded = read(name)
        assert (said["status"], said["content_type"]) == (
            recorded["status"],
            recorded["content_type"],
        ), name
        if name == "metrics":
            assert _names(said["body"]) >= _names(recorded["body"])
        elif "events" in recorded:
            assert shape(said["events"]) == shape(recorded["events"]), name
        else:
            assert _shape_of_body(said["body"]) == _shape_of_body(recorded["body"]), name


def _shape_of_body(body):
    """Of several models the first is the server's own; the others are adapters."""
    if isinstance(body, dict) and body.get("object") == "list":
        return shape(body | {"data": body["data"][:1]})
    return shape(body)


def _names(lines):
    return {line.partition("{")[0] for line in lines}


def test_vllm_reads_every_file_of_settings_that_ships(environment):
    """R228: by its own parser; a flag that it does not know would end it at its start."""
    files = sorted(map(str, DEPLOY.glob("*.yaml")))
    files = [file for file in files if not file.endswith("alerts.yaml")]
    said = {
        Path(one["file"]).stem: one["given"] for one in map(json.loads, _read(environment, files))
    }
    assert set(said) == {"large-model", "one-gpu", "several-gpus", "tenants"}
    assert said["several-gpus"]["data_parallel_size"] == 4
    assert said["large-model"]["tensor_parallel_size"] == 2
    assert said["large-model"]["quantization"] == said["large-model"]["kv_cache_dtype"] == "fp8"
    assert said["tenants"]["enable_lora"]
    assert len(said["tenants"]["lora_modules"]) == 2
    for given in said.values():
        assert given["enable_prompt_tokens_details"]
        assert "disable_any_whitespace=True" in given["structured_outputs_config"]
        assert given["max_model_len"] == 8192


def test_vllm_refuses_a_flag_that_it_does_not_know(environment, tmp_path):
    """Else the test above could not fail."""
    (tmp_path / "wrong.yaml").write_text("model: m\nenable-prompt-token-detail: true\n")
    with pytest.raises(subprocess.CalledProcessError):
        _read(environment, [str(tmp_path / "wrong.yaml")])


def _read(environment, files):
    python = str(environment / "bin" / "python")
    command = [python, str(HERE / "flags.py"), *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if line.startswith("{")]
