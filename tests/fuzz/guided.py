"""Fuzz the laws of the Rust engine by coverage, with cargo-fuzz: `make fuzz` (docs/decisions/0006-fuzzing.md).

The laws stand in `rust_rewards/fuzz/src`. Every target starts from the kept texts and goes on from what earlier runs on this machine found;
`--keep` adds the texts that reach code which no kept text reaches to `rust_rewards/fuzz/corpus.jsonl`.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).resolve().parents[2]
CRATE = ROOT / "rust_rewards" / "fuzz"
CORPUS = CRATE / "corpus.jsonl"
GROWN = ROOT / "target" / "fuzz-corpus"
TARGETS = tuple(sorted(path.stem for path in (CRATE / "fuzz_targets").glob("*.rs")))
LONGEST_KEPT = 300  # bytes of a text that is worth a line in the repository
ENDS = re.compile(r"#(\d+)\s+DONE\s+cov: (\d+)")  # what libFuzzer says last: texts tried, edges of the code reached


def missing() -> str | None:
    """Return what this machine lacks, and how to get it."""
    cargo, rustup = shutil.which("cargo"), shutil.which("rustup")
    if cargo is None or _fails("cargo", "fuzz", "--version"):
        return "cargo-fuzz is not here (`cargo install cargo-fuzz`)"
    if rustup is None or _fails("cargo", "+nightly", "--version"):
        return "a nightly compiler is not here (`rustup toolchain install nightly`)"
    return None


def _fails(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode != 0


def kept() -> list[str]:
    """Return the texts that this fuzzer and the one against the twin keep."""
    judged = Path(__file__).with_name("corpus.jsonl")
    return [*lines_of(CORPUS), *(row["completion"] for row in lines_of(judged))]


def lines_of(path: Path) -> list[Any]:
    """Return the values of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def unpack(texts: list[str], folder: Path) -> None:
    """Write each text to a file of its own, named by its content."""
    for text in texts:
        data = text.encode("utf-8", "replace")
        (folder / sha256(data).hexdigest()[:16]).write_bytes(data)


def fuzz(target: str, *arguments: str) -> str:
    """Run one target with arguments of libFuzzer; returns what it said. Raises ClickException where a law is broken."""
    build = [
        "cargo",
        "+nightly",
        "fuzz",
        "run",
        "--sanitizer",
        "none",
        "--fuzz-dir",
        str(CRATE),
        "--target-dir",
        str(ROOT / "target/fuzz"),
    ]
    limits = ["-timeout=10", "-rss_limit_mb=2048", f"-dict={CRATE / 'dictionary.txt'}", f"-artifact_prefix={GROWN}/"]
    command = [*build, target, "--", *limits, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise click.ClickException(f"{target}: a law is broken.\n{done.stderr[-4000:]}")
    return done.stderr


def grow(target: str, seeds: Path, seconds: float) -> str:
    """Look for texts that break a law, from the kept ones and those of earlier runs; returns how far that went."""
    grown = GROWN / target
    grown.mkdir(parents=True, exist_ok=True)
    said = fuzz(target, "-max_len=4096", f"-max_total_time={max(1, round(seconds))}", str(grown), str(seeds))
    tried, edges = ENDS.findall(said)[-1]
    return f"{target}: {tried} texts broke no law; {edges} edges of the code reached"


def new(target: str, seeds: Path) -> list[str]:
    """Return the short texts that reach code of a target which the kept ones do not reach."""
    with tempfile.TemporaryDirectory() as folder:
        merged = Path(folder)
        shutil.copytree(seeds, merged, dirs_exist_ok=True)
        fuzz(target, "-merge=1", "-use_counters=0", f"-max_len={LONGEST_KEPT}", str(merged), str(GROWN / target))
        known = {path.name for path in seeds.iterdir()}
        return [path.read_bytes().decode("utf-8", "replace") for path in merged.iterdir() if path.name not in known]


@click.command()
@click.option("--seconds", default=60.0, show_default=True, help="How long to go on, all targets together.")
@click.option("--target", "targets", type=click.Choice(TARGETS), multiple=True, help="Only these.")
@click.option("--keep", is_flag=True, help="Add texts that reach new code to the corpus.")
def main(seconds: float, targets: tuple[str, ...], *, keep: bool) -> None:
    """Look for texts that break a law until the time is up; stop at the first."""
    lack = missing()
    if lack:
        click.echo(f"{lack}: the laws of the Rust engine are not fuzzed by coverage")
        return
    chosen = targets or TARGETS
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder)
        unpack(kept(), seeds)
        for target in chosen:
            click.echo(grow(target, seeds, seconds / len(chosen)))
        found = {text for target in chosen for text in new(target, seeds)} if keep else set()
    if found:
        with CORPUS.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(text) + "\n" for text in sorted(found, key=lambda text: (len(text), text)))
        click.echo(f"{len(found)} texts kept")


if __name__ == "__main__":
    main()
