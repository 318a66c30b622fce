from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
import yaml

from geovlm_cli.errors import ConfigError, DataError, GeovlmError, OutputError, RunFolderError
from geovlm_cli.runs import RowFile, RunFolder, canonical, config_sha256, finished_rows, write_json
from geovlm_cli.runs.folder import LOCK

CONFIG: dict[str, Any] = {"sft": {"learning_rate": 1e-5, "max_steps": 10}, "model": {"name": "tiny", "lora": None}}


def opened(path: Path, **options: Any) -> Any:
    return RunFolder.create(path, **{"command": "sft", "config": CONFIG, "seed": 7, **options})


def test_a_run_leaves_its_record_and_a_config_that_repeats_it(tmp_path: Path) -> None:
    with opened(tmp_path / "a" / "run", data_sha256="abc") as run:
        assert not run.resumed
        run.record(device="cpu")
    record = orjson.loads((run.path / "run.json").read_bytes())
    assert record["schema"] == "geovlm-run/1"
    assert (record["command"], record["seed"], record["device"], record["data_sha256"]) == ("sft", 7, "cpu", "abc")
    assert set(record["versions"]) >= {"geovlm", "torch", "transformers", "trl"}
    assert record["config_sha256"] == config_sha256(CONFIG)
    assert yaml.safe_load((run.path / "config.yaml").read_text()) == CONFIG


def test_the_same_run_leaves_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with opened(tmp_path / name):
            pass
    for name in ("run.json", "config.yaml"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_second_writer_is_refused_and_told_who_holds_the_folder(tmp_path: Path) -> None:
    with (
        opened(tmp_path),
        pytest.raises(RunFolderError, match=f"in use by process {os.getpid()}"),
        opened(tmp_path, resume=True),
    ):
        pass


def test_an_owner_that_left_no_name_is_another_process(tmp_path: Path) -> None:
    with opened(tmp_path):
        (tmp_path / LOCK).write_text("")
        with pytest.raises(RunFolderError, match="is in use by another process; wait"), opened(tmp_path, resume=True):
            pass


def test_a_dead_owner_does_not_block(tmp_path: Path) -> None:
    code = f"""
        import time
        from geovlm_cli.runs import RunFolder
        with RunFolder.create({str(tmp_path)!r}, command="sft", config={CONFIG!r}, seed=7):
            print("in", flush=True)
            time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"in\n"
        with pytest.raises(RunFolderError, match=f"process {owner.pid} "), opened(tmp_path, resume=True):
            pass
        owner.send_signal(signal.SIGKILL)
    with opened(tmp_path, resume=True) as run:
        assert run.resumed


def test_what_a_run_left_that_died_before_it_began_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".config.yaml.99.part").write_text("x")
    (tmp_path / "config.yaml").write_text("x")
    with opened(tmp_path) as run:
        assert not run.resumed


def test_another_run_is_not_overwritten(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    with pytest.raises(RunFolderError, match="not empty; add --resume"), opened(tmp_path):
        pass
    foreign = tmp_path / "photos"
    foreign.mkdir()
    (foreign / "cat.jpg").write_bytes(b"")
    for resume in (False, True):
        with pytest.raises(RunFolderError, match="not empty; choose another"), opened(foreign, resume=resume):
            pass
    assert RunFolderError.exit_code == 7


def test_a_check_refuses_what_opening_would_and_leaves_nothing(tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"command": "eval", "config": {"a": 1}, "seed": 0}
    RunFolder.check(tmp_path / "new" / "run", **arguments)
    assert not list(tmp_path.iterdir())
    with RunFolder.create(tmp_path / "run", **arguments):
        pass
    before = sorted(path.name for path in (tmp_path / "run").iterdir())
    RunFolder.check(tmp_path / "run", **arguments, resume=True)
    with pytest.raises(RunFolderError, match="not empty; add --resume"):
        RunFolder.check(tmp_path / "run", **arguments)
    with pytest.raises(RunFolderError, match="`a` was 1 and is now 2"):
        RunFolder.check(tmp_path / "run", **{**arguments, "config": {"a": 2}}, resume=True)
    with pytest.raises(OutputError, match="it is no folder"):
        RunFolder.check(tmp_path / "run" / "run.json" / "x", **arguments)
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == before


def test_a_run_that_is_refused_before_any_work_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for path in (tmp_path / "new" / "run", tmp_path / "there"):
        with pytest.raises(ConfigError):
            stopped(path, ConfigError("No."), work=False)
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]


def stopped(run: Path, error: GeovlmError, *, work: bool, resume: bool = False) -> None:
    with opened(run, resume=resume), RowFile(run / "rows.jsonl") as file:
        file.append(rows(1) if work else [])
        raise error


@pytest.mark.parametrize("error", [ConfigError("No."), DataError("No.")])
def test_a_run_that_has_done_something_stays(tmp_path: Path, error: GeovlmError) -> None:
    with pytest.raises(type(error)):
        stopped(tmp_path / "run", error, work=True)
    with pytest.raises(ConfigError):
        stopped(tmp_path / "run", ConfigError("No."), work=False, resume=True)
    assert (tmp_path / "run" / "rows.jsonl").read_bytes() == b'{"id":1}\n'
    assert (tmp_path / "run" / "run.json").is_file()


def test_overwrite_moves_aside(tmp_path: Path) -> None:
    path = tmp_path / "run"
    for number in range(3):
        with opened(path, overwrite=True) as run:
            (path / "rows.jsonl").write_text(str(number))
            assert not run.resumed
    assert [(tmp_path / name / "rows.jsonl").read_text() for name in ("run.old-1", "run.old-2", "run")] == [
        "0",
        "1",
        "2",
    ]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"command": "grpo"}, "`command` was sft and is now grpo"),
        ({"seed": 8}, "`seed` was 7 and is now 8"),
        ({"data_sha256": "other"}, "`data_sha256` was None and is now other"),
        (
            {"config": {**CONFIG, "sft": {"learning_rate": 2e-5, "max_steps": 10}}},
            "`sft.learning_rate` was 1e-05 and is now 2e-05",
        ),
        ({"config": {"sft": CONFIG["sft"]}}, "`model.name` was tiny and is now None"),
    ],
)
def test_resume_goes_on_with_the_same_run_only(changed: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    with opened(tmp_path, resume=True) as run:
        assert not run.resumed
    with pytest.raises(RunFolderError, match=sentence), opened(tmp_path, resume=True, **changed):
        pass
    with opened(tmp_path, resume=True) as run:
        assert run.resumed


def test_keys_that_may_change_may_change(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    longer = {**CONFIG, "sft": {"learning_rate": 1e-5, "max_steps": 20}}
    with opened(tmp_path, resume=True, config=longer, may_change=("sft.max_steps",)) as run:
        assert run.resumed
    with opened(tmp_path, resume=True, config=longer, seed=8, may_change=("seed",)) as run:
        assert run.resumed
    assert yaml.safe_load((tmp_path / "config.yaml").read_text())["sft"]["max_steps"] == 20


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_a_damaged_record_is_one_sentence(text: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(RunFolderError, match="cannot be read"), opened(tmp_path, resume=True):
        pass


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "run", Path("/proc/geovlm")):
        with pytest.raises(OutputError, match="Cannot write"), opened(path):
            pass
    assert OutputError.exit_code == 6


def rows(*numbers: int) -> list[dict[str, int]]:
    return [{"id": number} for number in numbers]


def test_rows_are_appended_and_read_back(tmp_path: Path) -> None:
    with RowFile(tmp_path / "rows.jsonl", batch=2) as file:
        file.append(rows(1, 2))
        file.append(rows(3, 4))
        assert [row["id"] for row in file] == [1, 2, 3, 4]
    with RowFile(tmp_path / "rows.jsonl", batch=2) as file:
        assert file.rows_done == 4
        file.append(rows(5))
    assert (tmp_path / "rows.jsonl").read_bytes() == b"".join(b'{"id":%d}\n' % n for n in range(1, 6))


@pytest.mark.parametrize(
    ("left", "total", "done"),
    [
        (b"", None, 0),
        (b'{"id":1}\n', None, 0),
        (b'{"id":1}\n{"id":2}\n{"id":3}\n{"i', None, 2),
        (b'{"id":1}\n{"id":2}\n{"id":3}', 3, 2),
        (b'{"id":1}\n{"id":2}\n{"id":3}\n', 4, 2),
        (b'{"id":1}\n{"id":2}\n{"id":3}\n', 3, 3),
    ],
)
def test_a_torn_file_is_cut_back_to_whole_batches(left: bytes, total: int | None, done: int, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(left)
    with RowFile(path, batch=2, total=total) as file:
        assert file.rows_done == done
        file.append(rows(9))
    assert path.read_bytes() == b"".join(b'{"id":%d}\n' % n for n in [*range(1, done + 1), 9])


@pytest.mark.parametrize(("bad", "done"), [([4], 4), ([3, 4], 2), ([1], 0), ([], 5)])
def test_batches_from_the_first_row_that_is_to_be_made_again_are_cut_off(
    bad: list[int], done: int, tmp_path: Path
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"".join(b'{"id":%d}\n' % n for n in range(5)))
    with RowFile(path, batch=2, total=5, again=lambda row: row["id"] in bad) as file:
        assert (file.rows_done, [row["id"] for row in file]) == (done, list(range(done)))


def test_what_is_cut_off_behind_such_a_row_is_kept_until_a_pass_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    lines = [{"id": str(n), "task": "t", "k": 0, "completion": f"c{n}", "protocols": {}} for n in range(6)]
    lines[2] = {"id": "2", "task": "t", "k": 0, "completion": None, "error": "gone", "cause": "not_asked"}
    path.write_bytes(b"".join(canonical(line) + b"\n" for line in lines))

    def opened() -> RowFile:
        return RowFile(path, batch=2, total=6, again=lambda row: "error" in row)

    opened().close()  # a pass that was killed at once
    with opened() as file:
        assert file.rows_done == 2
        found = [file.carried.get("t", str(n), 0) for n in range(6)]
        assert [row and row["completion"] for row in found] == [None, None, None, "c3", "c4", "c5"]
        assert found[2] == {"id": "2", "task": "t", "k": 0, "completion": None, "error": "gone", "cause": "not_asked"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["rows.jsonl"]


def test_a_file_that_is_begun_afresh_is_empty_whatever_it_held(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"id":1}\n{"broken/')
    with RowFile(path, batch=2, afresh=True) as file:
        assert (file.rows_done, list(file)) == (0, [])
        file.append(rows(9))
    assert path.read_bytes() == b'{"id":9}\n'


@pytest.mark.parametrize("line", [b'{"broken/', b"null", b"[1]", b"\xff\xfe"])
def test_a_damaged_row_is_one_sentence(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"id":1}\n' + line + b'\n{"id":3}\n')
    with pytest.raises(RunFolderError, match=r"Line 2 of .*rows\.jsonl is damaged"):
        RowFile(path)
    with pytest.raises(DataError, match=r"Line 2 of .*rows\.jsonl is no row of a finished run"):
        list(finished_rows(path, ["id"]))


def test_kill_at_any_moment_and_resume_leave_the_same_bytes(tmp_path: Path) -> None:
    code = """
        import sys, time
        from geovlm_cli.runs import RowFile
        with RowFile(sys.argv[1], batch=3, total=100) as file:
            for start in range(file.rows_done, 100, 3):
                file.append({"id": n, "text": "x" * 50} for n in range(start, min(start + 3, 100)))
                time.sleep(0.002)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    subprocess.run([*command, str(tmp_path / "whole")], check=True)
    killed = tmp_path / "killed"
    killed.touch()
    for _ in range(3):
        before = killed.stat().st_size
        with subprocess.Popen([*command, str(killed)]) as process:
            while killed.stat().st_size <= before and process.poll() is None:
                time.sleep(0.001)
            process.kill()
    assert 0 < killed.stat().st_size < (tmp_path / "whole").stat().st_size
    subprocess.run([*command, str(killed)], check=True)
    assert killed.read_bytes() == (tmp_path / "whole").read_bytes()


def test_a_full_disk_is_an_output_error_and_leaves_whole_lines(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    path = tmp_path / "rows.jsonl"
    try:
        with RowFile(path) as file:
            file.append(rows(1))
            resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))
            with pytest.raises(OutputError, match=r"Cannot write .*rows.jsonl: File too large"):
                file.append([{"id": 2, "text": "x" * 100}])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == b'{"id":1}\n'


def test_json_appears_whole_and_leaves_no_part(tmp_path: Path) -> None:
    write_json(tmp_path / "results.json", {"b": np.float64(0.5), "a": 1})
    assert (tmp_path / "results.json").read_text() == '{\n  "b": 0.5,\n  "a": 1\n}\n'
    assert [entry.name for entry in tmp_path.iterdir()] == ["results.json"]
    with pytest.raises(OutputError):
        write_json(tmp_path / "none" / "results.json", {})


def test_canonical_bytes_hold_numpy_values_and_scrub_lone_surrogates() -> None:
    assert canonical({"x": np.arange(2), "t": ["a\ud800"]}).decode() == '{"x":[0,1],"t":["a\ufffd"]}'


def test_the_hash_of_a_config_ignores_the_order_of_keys() -> None:
    assert config_sha256({"a": 1, "b": 2}) == config_sha256({"b": 2, "a": 1}) != config_sha256({"a": 1, "b": 3})


def test_a_pipe_is_never_replaced_by_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for write in (lambda path: write_json(path, {}), RowFile):
        with pytest.raises(OutputError, match="no regular file"):
            write(tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_json(tmp_path / "link", {"a": 1})
    assert (tmp_path / "link").is_symlink()
    assert orjson.loads((tmp_path / "target").read_bytes()) == {"a": 1}
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["link", "target"]
