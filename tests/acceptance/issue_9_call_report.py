"""Sample calls as pages in a browser, and recordings that become proposals (R268, R269)."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.acceptance.check import Check, Result, Verdict

WIDTHS = (390, 820, 1280)
_SAMPLES = ("books_a_meeting", "interrupts_with_a_question", "voicemail_after_the_beep")
_SIZES = re.compile(r"<html[^>]*data-size=\"(\d+)/(\d+)\"")
_RULER = (
    "<script>document.documentElement.dataset.size ="
    " document.documentElement.scrollWidth + '/' + innerWidth</script></body>"
)


def _sample(name: str) -> Result:
    """One sample, twice: what it says, what the browser makes of it, and whether it is the same."""
    with TemporaryDirectory() as folder:
        first, second = Path(folder, "first"), Path(folder, "second")
        told = [_published(name, out) for out in (first, second)]
        files = sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file())
        differ = [
            str(file)
            for file in files
            if file.suffix in (".txt", ".mp3")
            and (first / file).read_bytes() != (second / file).read_bytes()
        ]
        page = first / name / "call.html"
        wide = {str(width): _too_wide(page, width) for width in WIDTHS}
        loads = re.findall(r"(?:src|href)=\"(https?:|//)", page.read_text())
        return {
            "problems": told[0],
            "differ": differ,
            "too_wide_px": wide,
            "loads": loads,
            "files": [str(file) for file in files],
        }


def _published(name: str, out: Path) -> list[str]:
    from typer.testing import CliRunner

    from agent_runtime.channels.voice.call_cli import call

    arguments = ["samples", "--out", str(out), "--scenario", name, "--json"]
    done = CliRunner().invoke(call, arguments)
    return [
        *json.loads(done.stdout)["samples"][0]["problems"],
        *([] if not done.exit_code else ["exit"]),
    ]


def _too_wide(page: Path, width: int) -> int:
    """How many pixels of a page do not fit into a window of this width."""
    import subprocess

    ruled = page.with_suffix(f".{width}.html")
    ruled.write_text(page.read_text().replace("</body>", _RULER))
    with TemporaryDirectory() as profile:
        command = [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
            *("--no-first-run", "--disable-background-networking", f"--user-data-dir={profile}"),
            *(f"--window-size={width},900", "--virtual-time-budget=2000", "--dump-dom"),
            ruled.as_uri(),
        ]
        dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    ruled.unlink()
    found = _SIZES.search(dom.stdout)
    assert found, "the browser did not show the page"
    return max(int(found[1]) - int(found[2]), 0)


def _judge(results: Mapping[str, Result]) -> Verdict:
    wrong = [
        f"{name}: {what} {one[what]}"
        for name, one in results.items()
        for what in ("problems", "differ", "loads")
        if one[what]
    ]
    wrong += [
        f"{name}: {px} px too wide at {width}"
        for name, one in results.items()
        for width, px in one["too_wide_px"].items()
        if px
    ]
    figure = f"{len(results)} samples, each twice, at {', '.join(map(str, WIDTHS))} px"
    return Verdict(
        not wrong,
        "; ".join(wrong) or figure,
        "as expected, the same words and sound twice, nothing loaded, none wider than the window",
    )


def _recording(case: str) -> Result:
    """A call of two voices on two channels, in a file of this kind, becomes a proposal."""
    import numpy as np
    import soundfile
    from typer.testing import CliRunner

    from agent_runtime.script.cli import app
    from tests.agent_runtime.script.test_script_recording import CALL, RATE, spoken_sides

    with TemporaryDirectory() as folder:
        root = Path(folder)
        path, written = root / f"cold-call.{case}", root / "call.txt"
        sides = spoken_sides(CALL)
        subtype = {"ogg": "VORBIS", "mp3": "MPEG_LAYER_III"}.get(case, "PCM_16")
        soundfile.write(path, np.stack(sides, axis=1), RATE, subtype=subtype)
        arguments = ["import", path, "--workspace", root, "--transcript", written, "--json"]
        done = CliRunner().invoke(app, [str(one) for one in arguments])
        told = json.loads(done.stdout) if not done.exit_code else {}
        return {
            "exit": done.exit_code,
            "error": str(done.exception or ""),
            "lines": len(written.read_text().splitlines()) if written.is_file() else 0,
            "placed": [one["asked"] for one in told.get("placed", ())],
            "live": told.get("live", True),
        }


def _judge_recordings(results: Mapping[str, Result]) -> Verdict:
    wrong = [
        f"{case}: {one}"
        for case, one in results.items()
        if one["exit"] or one["live"] or one["lines"] < 6 or len(one["placed"]) < 2
    ]
    placed = min(len(one["placed"]) for one in results.values())
    return Verdict(
        not wrong,
        "; ".join(wrong) or f"{', '.join(results)}: at least {placed} exchanges placed from each",
        "six lines, two exchanges placed, nothing live",
    )


CHECKS = {
    "call-report": Check(cases=list(_SAMPLES), sample=[_SAMPLES[1]], run=_sample, judge=_judge),
    "call-recordings": Check(
        cases=["wav", "flac", "ogg", "mp3"],
        sample=["flac"],
        run=_recording,
        judge=_judge_recordings,
    ),
}
