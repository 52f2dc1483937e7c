"""The terminal command that compares the strategies, what it reads, and its picture."""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from aws_patterns.disaster_recovery import __main__ as program
from aws_patterns.disaster_recovery.choice._durations import seconds_of
from aws_patterns.disaster_recovery.choice._timeline_of_strategies import strategies_picture
from aws_patterns.disaster_recovery.choice._workload_file import WorkloadError, read_profile
from aws_patterns.disaster_recovery.choice.example_profile import EXAMPLE
from aws_patterns.disaster_recovery.choice.recovery_objective import RecoveryObjective
from aws_patterns.disaster_recovery.choice.strategy_choice import compare_strategies
from aws_patterns.disaster_recovery.choice.workload_profile import (
    ComputeKind,
    ComputeProfile,
    DataKind,
    DataProfile,
    WorkloadProfile,
)
from aws_patterns.disaster_recovery.plan import Strategy

SVG = "{http://www.w3.org/2000/svg}"
OBJECTIVE = RecoveryObjective(recovery_time_seconds=1_500, recovery_point_seconds=900)
PROFILE = WorkloadProfile(
    data=[DataProfile(name="Orders", kind=DataKind.TABLE, gib=5)],
    compute=[ComputeProfile(name="Web", kind=ComputeKind.FLEET, start_seconds=100)],
    enough_fraction=0.5,
)
FILE = """
enough_fraction = 0.5

[[data]]
name = "Orders"
kind = "table"
gib = 5

[[compute]]
name = "Web"
kind = "fleet"
start_seconds = 100
"""


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program._console, "width", 160)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(program.app, ["compare", *arguments])


# --- What is typed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("90", 90), ("90s", 90), ("15m", 900), ("15 min", 900), ("1.5h", 5_400), (" 2d ", 172_800)],
)
def test_a_duration_is_typed_as_people_do(typed: str, seconds: float) -> None:
    assert seconds_of(typed) == seconds


@pytest.mark.parametrize("typed", ["", "soon", "-1h", "1w", "1h30m"])
def test_another_text_is_no_duration(typed: str) -> None:
    with pytest.raises(ValueError, match="must be a duration") as raised:
        seconds_of(typed)
    assert str(raised.value) == f"must be a duration such as 90s, 15m, 4h or 1d, got {typed!r}"


def test_a_duration_that_is_none_is_told_with_its_option() -> None:
    result = run("--recovery-time", "soon", "--recovery-point", "1h")
    assert result.exit_code == 2
    told = " ".join(re.sub(r"[│╭╮╰╯─]", " ", re.sub(r"\x1b\[[0-9;]*m", "", result.stderr)).split())
    assert "Invalid value for '--recovery-time': must be a duration such as 90s, 15m, 4h or 1d, got 'soon'" in told


# --- What is read ----------------------------------------------------------------------------------------------------


def test_a_file_describes_a_workload(tmp_path: Path) -> None:
    (tmp_path / "orders.toml").write_text(FILE)
    assert read_profile(str(tmp_path / "orders.toml")) == PROFILE


def test_all_that_is_wrong_with_a_file_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "orders.toml"
    file.write_text('color = 1\n[[data]]\nkind = "tape"\nsize = 1\n[compute]\nname = "Web"\n')
    with pytest.raises(WorkloadError) as raised:
        read_profile(str(file))
    assert str(raised.value) == (
        f"--workload {file} can't be read:\n"
        "  - color is unknown: there are data, compute, enough_fraction, build_seconds\n"
        "  - data[0].size is unknown: there are name, kind, gib, monthly_cost\n"
        "  - data[0].name is missing\n"
        "  - data[0].kind must be one of table, bucket, aurora, database, got 'tape'\n"
        "  - compute must be written as [[compute]], once for each"
    )


def test_a_file_that_is_not_there_or_no_toml_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(WorkloadError, match=r"^--workload .*none\.toml: .*No such file"):
        read_profile(str(tmp_path / "none.toml"))
    (tmp_path / "bad.toml").write_text("=")
    with pytest.raises(WorkloadError, match=r"^--workload .*bad\.toml: Invalid"):
        read_profile(str(tmp_path / "bad.toml"))


class Described:
    """A workload of somebody's own."""

    profile = PROFILE


NO_PROFILE = 3


def test_a_name_in_python_describes_a_workload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "my_orders", sys.modules[__name__])
    for name in ("PROFILE", "Described"):
        assert read_profile(f"my_orders:{name}") == PROFILE
    for given, message in (
        ("orders", "--workload must be a file that ends in .toml, or package.module:name, got 'orders'"),
        ("my_orders:NO_PROFILE", "--workload my_orders:NO_PROFILE must be a WorkloadProfile, or have one, got int"),
        ("none_such:X", "--workload none_such:X: No module named 'none_such'"),
    ):
        with pytest.raises(WorkloadError) as raised:
            read_profile(given)
        assert str(raised.value) == message


# --- What is said ----------------------------------------------------------------------------------------------------


def rows(result: Result) -> dict[str, list[str]]:
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in result.stdout.splitlines() if "│" in line]
    return {row[0]: row[1:] for row in cells[:4]}


def test_it_compares_all_four_and_shows_the_arithmetic_of_the_cheapest() -> None:
    result = run("--recovery-time", "25m", "--recovery-point", "15m")
    assert (result.exit_code, result.stderr) == (0, "")
    assert rows(result) == {
        "Backup and restore": [
            "a backup every 1 h",
            "1.1 to 2 hours",
            "50 minutes to 3 hours",
            "$677",
            "misses time and point",
        ],
        "Pilot light": [
            "0% of the capacity",
            "23 to 30 minutes",
            "15 seconds to 15 minutes",
            "$65",
            "misses time",
        ],
        "Warm standby": [
            "25% of the capacity",
            "20 to 25 minutes",
            "15 seconds to 15 minutes",
            "$125",
            "cheapest that meets it",
        ],
        "Multi-site": ["100% of the capacity", "2 to 3 minutes", "15 seconds to 15 minutes", "$305", "meets it"],
    }
    # Sources differ: both are shown.
    assert "│ 30 minutes to 2 hours; loses 5 to 15 minutes" in result.stdout
    assert "│ tens of minutes; loses minutes" in result.stdout
    assert (
        "\nWarm standby, with 25% of the capacity:\n  Serves again after 25 minutes (1,500 s) at most" in result.stdout
    )


def test_it_says_the_same_again() -> None:
    first, second = (run("--recovery-time", "1h", "--recovery-point", "1h").stdout for _ in range(2))
    assert first == second


def test_where_none_meets_it_the_comparison_is_shown_and_it_fails(tmp_path: Path) -> None:
    picture = tmp_path / "lines.svg"
    result = run("--recovery-time", "1m", "--recovery-point", "15m", "--picture", str(picture))
    assert result.exit_code == 1
    assert len(rows(result)) == 4
    assert result.stderr.startswith(
        "A recovery that meets the objective can't be built:\n  - objective.recovery_time_s"
    )
    assert picture.exists()


def test_options_change_the_sum(tmp_path: Path) -> None:
    (tmp_path / "orders.toml").write_text(FILE)
    options = ("--without-domain", "--decision", "5m", "--workload", str(tmp_path / "orders.toml"))
    result = run("--recovery-time", "1h", "--recovery-point", "1h", *options)
    assert "    240 + 300 + 120 + 100 + 60 + 2 = 822 s\n" in result.stdout


def test_a_mistake_is_told_without_a_trace() -> None:
    result = run("--recovery-time", "1h", "--recovery-point", "1h", "--workload", "none")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "--workload must be a file that ends in .toml, or package.module:name, got 'none'\n"


# --- The picture -----------------------------------------------------------------------------------------------------


def test_the_picture_shows_every_link_on_one_scale() -> None:
    compared = compare_strategies(OBJECTIVE, EXAMPLE)
    picture = ET.fromstring(strategies_picture(compared))
    bars: dict[str | None, list[tuple[str, float, float]]] = {}
    for bar in picture.iter(f"{SVG}rect"):
        hint = bar.find(f"{SVG}title")
        if hint is not None and hint.text:
            bars.setdefault(bar.get("y"), []).append(
                (hint.text, float(bar.get("x") or 0), float(bar.get("width") or 0))
            )
    assert len(bars) == 4
    scale = {
        round(width / float(re.findall(r": (\S+) s$", hint)[0]), 3)
        for row in bars.values()
        for hint, _, width in row
        if width > 10
    }
    assert len(scale) == 1
    for row, found in zip(bars.values(), compared.values(), strict=True):
        assert [hint for hint, _, _ in row] == [
            f"{link.name}: {link.span.worst:g} s" for link in found.time.links if link.span.worst
        ]
        for (_, left, width), (_, following, _) in pairwise(row):
            assert left + width == pytest.approx(following, abs=0.15)


def test_the_picture_says_who_meets_the_objective_aloud_too() -> None:
    picture = strategies_picture(compare_strategies(OBJECTIVE, EXAMPLE))
    texts = ["".join(found.itertext()) for found in ET.fromstring(picture).iter(f"{SVG}text")]
    assert texts.count("misses the objective") == 2
    assert texts.count("meets the objective") == 2
    assert "objective" in texts
    (spoken,) = (found.text or "" for found in ET.fromstring(picture).iter(f"{SVG}desc"))
    assert "Multi-site meets the objective: Detection 120 s, DNS 60 s." in spoken
    assert picture == strategies_picture(compare_strategies(OBJECTIVE, EXAMPLE))


def test_an_objective_beyond_the_scale_has_no_line() -> None:
    far = RecoveryObjective(recovery_time_seconds=864_000, recovery_point_seconds=864_000)
    picture = strategies_picture(compare_strategies(far, EXAMPLE))
    assert ">objective<" not in picture
    assert list(compare_strategies(far, EXAMPLE)) == list(Strategy)
