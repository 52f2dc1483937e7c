"""The generated tables say what the registry, the settings and the templates say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest

from docs.generate import tables
from stacks.registry import StackEntry


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """What may be chosen.

    Args:
        sender: Address that
            mails come from.
        limit: Requests a second, a|b.
        places: Where. Default: everywhere.
        fate: What happens to the data.
        careful: Whether to ask first.

    Another paragraph.
    """

    sender: str
    limit: float = 5.0
    places: tuple[str, ...] = ()
    fate: Literal["retain", "destroy"] = "retain"
    careful: bool = True

    def problems(self) -> list[str]:
        return []


@pytest.fixture
def entry() -> StackEntry:
    return StackEntry(
        name="A", summary="Does it.", stack_class="", settings_class=f"{__name__}:Choices", grade="executes"
    )


@pytest.mark.parametrize(
    ("name", "page"),
    [("PetCuddleOTron", "pet-cuddle-o-tron"), ("WorkQueue", "work-queue"), ("HTTPApi", "http-api"), ("Dr2", "dr-2")],
)
def test_a_page_is_called_like_its_stack(name: str, page: str) -> None:
    assert tables.slug(name) == page


def test_the_catalogue_leads_to_the_pages_and_shows_the_grades(entry: StackEntry) -> None:
    assert tables.catalogue([entry], {"A": "docs/patterns/a.md"}).splitlines() == [
        "| Stack | What it is | Locally |",
        "| --- | --- | --- |",
        "| [A](docs/patterns/a.md) | Does it. | *executes* |",
    ]


def test_every_setting_is_listed_with_its_values_default_and_meaning(entry: StackEntry) -> None:
    assert tables.settings(entry).splitlines()[2:] == [
        "| `sender` | text | **required** | Address that mails come from. |",
        "| `limit` | a number | `5` | Requests a second, a\\|b. |",
        "| `places` | a list with commas, each text | everywhere | Where. |",
        "| `fate` | one of retain, destroy | `retain` | What happens to the data. |",
        "| `careful` | one of true, false | `true` | Whether to ask first. |",
    ]


def test_every_resource_is_listed_with_what_its_local_deployment_proves() -> None:
    queue, unheard = {"Type": "AWS::SQS::Queue"}, {"Type": "AWS::Unheard::Of"}
    written = tables.resources({"Resources": {"A": queue, "B": queue, "C": unheard}})
    summary, _, _, _, *rows = written.splitlines()
    assert summary == "2 *executes* (behaves as on AWS), 1 *recorded* (accepted, and nothing more)."
    assert [row.partition(":\u0020")[0] for row in rows] == [
        "| 2\u00a0\u00d7\u00a0`AWS::SQS::Queue` | *executes*",
        "| 1\u00a0\u00d7\u00a0`AWS::Unheard::Of` | *recorded*",
    ]
