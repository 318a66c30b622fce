"""Tables that fit the terminal."""

from __future__ import annotations

import pytest

from geovlm_cli.commands import _listing

ROWS = [
    {
        "name": "harbour",
        "kind": "label",
        "summary": "Name the harbour that is seen from far above, or say that there is none.",
    },
    {"name": "ships", "kind": "boxes", "summary": "Box every ship."},
]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> int | None:
    width: int | None = request.param
    monkeypatch.setattr(_listing, "terminal_width", lambda: width)
    return width


@pytest.mark.parametrize("terminal", [120, 60, 40], indirect=True)
def test_a_table_fits_the_terminal_and_holds_every_word(terminal: int, capsys: pytest.CaptureFixture[str]) -> None:
    _listing.echo_rows(ROWS, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= terminal
    assert set(" ".join(ROWS[0].values()).split()) <= set(" ".join(lines).split())


@pytest.mark.parametrize("terminal", [30], indirect=True)
def test_a_very_narrow_terminal_gets_a_block_a_row(terminal: int, capsys: pytest.CaptureFixture[str]) -> None:
    _listing.echo_rows(ROWS, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["NAME     harbour", "KIND     label", "SUMMARY  Name the harbour that"]
    assert max(map(len, lines)) <= terminal
    assert "" in lines


@pytest.mark.parametrize("terminal", [40], indirect=True)
def test_a_long_field_goes_on_under_its_beginning(terminal: int, capsys: pytest.CaptureFixture[str]) -> None:
    _listing.echo_fields(ROWS[0], as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "summary  Name the harbour that is seen"
    assert lines[3].startswith("         from far")
    assert max(map(len, lines)) <= terminal


@pytest.mark.parametrize("terminal", [None], indirect=True)
def test_a_file_gets_whole_lines(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    _listing.echo_rows(ROWS, as_json=False)
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(ROWS)


def test_a_pipe_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert _listing.terminal_width() is None
