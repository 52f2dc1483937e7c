"""Pages keep what was written by hand, and get what is generated."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest

from docs.generate import __main__ as command
from docs.generate.pages import PageError, page_of, stale, wanted
from docs.generate.synthesis import Built, variant_key
from stacks.registry import STACKS

_BUILT = Built(templates={entry.name: {"Resources": {"A": {"Type": "AWS::SQS::Queue"}}} for entry in STACKS})
_STACK = STACKS[0].name
_IMAGES = [
    *(f"docs/images/{page_of(entry.name).stem}.svg" for entry in STACKS),
    "docs/images/worker-pool-scaling.svg",
    "docs/images/disaster-recovery-strategies.svg",
]
_README = PurePosixPath("README.md")


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    (tmp_path / "README.md").write_text("Hello\n")
    for entry in STACKS:
        page = tmp_path / page_of(entry.name)
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"# {entry.name}\n")
    return tmp_path


def _with(pages: Path, content: str) -> Path:
    (pages / "README.md").write_text(content)
    return pages


def test_only_what_stands_between_the_marks_is_replaced(pages: Path) -> None:
    _with(pages, "Before\n<!-- generated: stacks -->\nold\n<!-- end -->\nAfter\n")
    page = wanted(pages, _BUILT)[_README]
    assert re.fullmatch(
        r"Before\n<!-- generated: stacks -->\n\| Stack .*\|\n<!-- end -->\nAfter\n", page, flags=re.DOTALL
    )
    assert "old" not in page


def test_a_page_that_is_up_to_date_stays_as_it_is(pages: Path) -> None:
    _with(pages, "<!-- generated: stacks -->\n<!-- end -->\n")
    once = wanted(pages, _BUILT)[_README]
    assert wanted(_with(pages, once), _BUILT)[_README] == once


def test_the_page_of_a_stack_need_not_say_which_stack_it_means(pages: Path) -> None:
    page = page_of(_STACK)
    (pages / page).write_text("<!-- generated: architecture -->\n<!-- end -->\n")
    image = f"../images/{page.stem}.svg"
    assert f"![Architecture of {_STACK}]({image})" in wanted(pages, _BUILT)[page]


def test_other_pages_name_the_stack_and_link_from_where_they_are(pages: Path) -> None:
    _with(pages, f"<!-- generated: architecture {_STACK} -->\n<!-- end -->\n")
    assert f"(docs/images/{page_of(_STACK).stem}.svg)" in wanted(pages, _BUILT)[_README]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "<!-- generated: poem -->\n<!-- end -->",
            "README.md: no section is called 'poem'; "
            "there are stacks, strategies, architecture, workflows, settings, resources, scaling, resilience, "
            "recovery.",
        ),
        (
            "<!-- generated: scaling QueueApi -->\n<!-- end -->",
            "README.md: QueueApi has no pool of workers whose scaling could be shown.",
        ),
        (
            "<!-- generated: recovery QueueApi -->\n<!-- end -->",
            "README.md: QueueApi states no recovery characteristics.",
        ),
        (
            "<!-- generated: stacks -->\n| forever",
            "README.md: the generated section 'stacks' has no <!-- end -->.",
        ),
        (
            "<!-- generated: settings -->\n<!-- end -->",
            f"README.md: say of which stack 'settings' is to be; there are {', '.join(e.name for e in STACKS)}.",
        ),
        (
            "<!-- generated: settings Nobody -->\n<!-- end -->",
            f"README.md: no stack is called 'Nobody'; there are {', '.join(e.name for e in STACKS)}.",
        ),
    ],
)
def test_a_mark_that_can_not_be_served_is_refused_with_its_page(pages: Path, content: str, message: str) -> None:
    with pytest.raises(PageError, match=f"^{re.escape(message)}$"):
        wanted(_with(pages, content), _BUILT)


def test_the_resilience_of_a_stack_is_shown_for_each_variant(pages: Path) -> None:
    fleet = {"Resources": {"A": {"Type": "AWS::EC2::Instance"}}}
    built = Built(templates={**_BUILT.templates, variant_key("MultiAzWebTier", "two zones"): fleet})
    page = page_of("MultiAzWebTier")
    (pages / page).write_text("<!-- generated: resilience -->\n<!-- end -->\n")
    rows = [line for line in wanted(pages, built)[page].splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[0] for row in rows] == ["| Variant", "| ---", "| as shipped", "| two zones"]
    assert "| two zones | **no**: an instance of its own is not replaced |" in rows[3]


def test_a_pools_day_is_a_picture_and_what_it_comes_to(pages: Path) -> None:
    page = page_of("MediaWorkerPool")
    (pages / page).write_text("<!-- generated: scaling -->\n<!-- end -->\n")
    files = wanted(pages, _BUILT)
    picture = PurePosixPath("docs/images/worker-pool-scaling.svg")
    assert "![A day of a pool of workers](../images/worker-pool-scaling.svg)\n\nOn this day " in files[page]
    assert files[picture].startswith("<svg ")


def test_a_stack_without_a_page_is_named(pages: Path) -> None:
    (pages / page_of(_STACK)).unlink()
    with pytest.raises(PageError, match=f"^{re.escape(str(page_of(_STACK)))} is missing: .* {_STACK} has none"):
        wanted(pages, _BUILT)


def test_a_diagram_that_nothing_generates_any_more_is_stale(pages: Path) -> None:
    files = wanted(pages, _BUILT)
    (pages / "docs/images").mkdir()
    (pages / "docs/images/former.svg").write_text("<svg/>")
    assert stale(pages, files) == [PurePosixPath("docs/images/former.svg")]


@pytest.fixture
def run(pages: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(command, "PROJECT", pages)
    monkeypatch.setattr(command, "synthesize", lambda _project: _BUILT)
    return monkeypatch


def test_a_check_names_what_is_out_of_date_and_changes_nothing(pages: Path, run: pytest.MonkeyPatch) -> None:
    run.setattr("sys.argv", ["generate", "--check"])
    with pytest.raises(SystemExit) as stopped:
        command.main()
    assert stopped.value.code == "\n".join(["Out of date; run `python -m docs.generate`:", *_IMAGES])
    assert not (pages / "docs/images").exists()


def test_a_check_passes_right_after_everything_was_written(
    pages: Path, run: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run.setattr("sys.argv", ["generate"])
    command.main()
    assert capsys.readouterr().out.splitlines() == [f"wrote {image}" for image in _IMAGES]
    run.setattr("sys.argv", ["generate", "--check"])
    command.main()
    assert capsys.readouterr().out == "Everything generated is up to date.\n"


def test_a_page_compares_the_strategies_of_disaster_recovery(pages: Path) -> None:
    page = PurePosixPath("docs/strategies.md")
    (pages / page).write_text("<!-- generated: strategies -->\n<!-- end -->\n")
    found = wanted(pages, _BUILT)[page]
    assert "![From the loss of a Region until users are served again](images/disaster-recovery-strategies.svg)" in found
    assert "| Warm standby | 25% of the capacity | 20 to 25 minutes |" in found


def test_a_stack_of_two_regions_is_shown_whole(pages: Path) -> None:
    page, template = page_of("ReplicatedBucket"), _BUILT.templates[_STACK]
    built = Built(
        templates={**_BUILT.templates, "ReplicatedBucketReplica": template},
        further={"ReplicatedBucket": ("ReplicatedBucketReplica",)},
    )
    marks = "<!-- generated: {} -->\n<!-- end -->\n"
    (pages / page).write_text(marks.format("architecture") + marks.format("resources"))
    files = wanted(pages, built)
    assert PurePosixPath("docs/images/replicated-bucket-replica.svg") in files
    assert "(../images/replicated-bucket.svg)" in files[page]
    assert "(../images/replicated-bucket-replica.svg)" in files[page]
    assert "`ReplicatedBucketReplica`: 1 *executes*" in files[page]
