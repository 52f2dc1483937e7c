"""The picture of a pool's day shows what the simulator says, and nothing else."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from aws_patterns.messaging.worker_pool_options import InstanceWorkers, WorkerPlan, plan_worker_pool
from docs.generate.charts import Column, Curve, Panel, draw
from docs.generate.scaling import Scaling, day

_SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def plan() -> WorkerPlan:
    return plan_worker_pool(
        workers=InstanceWorkers(concurrency=2),
        acceptable_latency_seconds=300,
        processing_seconds=2,
        minimum_workers=0,
        late_from_zero=True,
    )


@pytest.fixture(scope="module")
def drawn(plan: WorkerPlan) -> Scaling:
    return day(plan)


def _texts(svg: str) -> list[str]:
    return ["".join(found.itertext()) for found in ET.fromstring(svg).iter(f"{_SVG}text")]


def test_the_same_pool_has_the_same_day(plan: WorkerPlan, drawn: Scaling) -> None:
    day.cache_clear()
    assert day(plan) == drawn


def test_it_says_what_is_seen_to_those_who_can_not_see_it(drawn: Scaling) -> None:
    root = ET.fromstring(drawn.svg)
    title, described = (root.find(f"{_SVG}{name}") for name in ("title", "desc"))
    assert title is not None
    assert described is not None
    assert title.text == drawn.title
    assert str(described.text).startswith(f"{drawn.summary} Around the rush: A  ")


def test_arrivals_backlog_workers_and_latency_are_in_it(drawn: Scaling) -> None:
    found = _texts(drawn.svg)
    for title in (
        "Messages sent, each second",
        "Messages that wait",
        "Workers: in service, and wanted (dashed)",
        "Seconds from sent to done",
        "acceptable: 300 s",
    ):
        assert title in found


def test_what_happens_is_marked_in_its_order(drawn: Scaling) -> None:
    captions = [text for text in _texts(drawn.svg) if re.match(r"[A-D]  ", text)]
    minutes = [int(found[1]) for text in captions if (found := re.search(r"(\d+) min", text))]
    assert [text[0] for text in captions] == ["A", "B", "C", "D"]
    assert minutes == sorted(minutes)


def test_the_day_of_the_shipped_pool_is_done_in_time_and_cheaper_than_a_fleet_of_the_largest_size(
    drawn: Scaling,
) -> None:
    found = re.search(r"longest takes (\d+) s of the 300 s .* (\d+) hours .* the (\d+) .* be (\d+) if", drawn.summary)
    assert found is not None
    longest, paid, most, always = map(int, found.groups())
    assert longest <= 300
    assert paid < always == 24 * most


def test_a_pool_of_one_worker_has_another_day(plan: WorkerPlan, drawn: Scaling) -> None:
    slower = plan_worker_pool(
        workers=InstanceWorkers(),
        acceptable_latency_seconds=600,
        processing_seconds=2,
        peak_messages_per_second=10,
    )
    assert day(slower).svg != drawn.svg


def test_a_curve_is_as_high_as_its_values_and_stays_in_its_time() -> None:
    panel = Panel(
        title="Anything",
        ticks=[0, 10],
        curves=[Curve(points=[(0, 2.0), (50, 10.0), (150, 5.0), (400, 0.0)], color="#000000")],
    )
    column = Column(title="A while", begin=100, end=200, width=100, ticks=[])
    _, _, body = draw([column], [panel], [])
    (path,) = re.findall(r'<path d="([^"]+)" fill="none"', body)
    left, top, height = 52, 46, 74
    assert path == f"M{left}.0 {top}.0H{left + 50}.0V{top + height / 2:.1f}H{left + 100}.0"


def test_words_are_written_as_they_are() -> None:
    column = Column(title="<a> & b", begin=0, end=1, width=10, ticks=[])
    _, _, body = draw([column], [Panel(title="", ticks=[0, 1], curves=[])], ["x < y"])
    assert ">&lt;a&gt; &amp; b</text>" in body
    assert ">x &lt; y</text>" in body
