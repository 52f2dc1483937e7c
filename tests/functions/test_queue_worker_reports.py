"""What a worker writes: lines of JSON, of which CloudWatch makes log and metrics."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest

from queue_worker.handler import Reporter


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, object]]]:
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def name(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Of the service. Powertools keeps a logger for each, and with it the stream of the first test."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", request.node.name)
    return str(request.node.name)


def test_metrics_are_written_with_unit_and_service(name: str, written: Callable[[], list[dict[str, object]]]) -> None:
    reporter = Reporter()
    reporter.count("MessagesDone")
    reporter.count("MessagesDone", 2)
    reporter.measure("ProcessingTime", 0.5)
    reporter.flush({"MessagesHeld": 4})
    counts, times = written()
    assert (counts["MessagesDone"], counts["MessagesHeld"], counts["service"]) == ([3.0], [4.0], name)
    assert times["ProcessingTime"] == [0.5]
    (described,) = times["_aws"]["CloudWatchMetrics"]  # type: ignore[index]  # an object
    assert described == {
        "Namespace": "QueueWorker",
        "Dimensions": [["service"]],
        "Metrics": [{"Name": "ProcessingTime", "Unit": "Seconds"}],
    }


def test_nothing_is_written_of_nothing(name: str, written: Callable[[], list[dict[str, object]]]) -> None:
    Reporter().flush({})
    assert written() == []


def test_many_values_from_many_threads_are_all_written_in_lines_that_cloudwatch_takes(
    name: str, written: Callable[[], list[dict[str, object]]]
) -> None:
    reporter = Reporter()

    def measure() -> None:
        for number in range(500):
            reporter.measure("ProcessingTime", number)
            reporter.count("MessagesDone")

    threads = [threading.Thread(target=measure) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reporter.flush({})
    lines = written()
    values = [value for line in lines for value in line.get("ProcessingTime", [])]  # type: ignore[attr-defined]  # lists
    assert sorted(values) == sorted(float(number) for number in range(500) for _ in range(8))
    assert sum(sum(line.get("MessagesDone", [])) for line in lines) == 4_000  # type: ignore[call-overload]  # lists
    assert max(len(line.get("ProcessingTime", [])) for line in lines) <= 100  # type: ignore[arg-type]  # lists


def test_no_line_of_the_log_uses_a_name_that_the_logger_keeps_for_itself(
    name: str, written: Callable[[], list[dict[str, object]]]
) -> None:
    told = {"part": "a", "kind": "b", "where": "c", "reason": "d", "code": "e", "messages": 1, "message_id": "f"}
    told |= {"attempt": 1, "seconds": 1.0, "facts": {}, "why": "g", "held": 1, "grace": 1.0, "left": 0}
    told |= {"problems": [], "job": "h", "concurrency": 1, "health_port": 1, "address": "i", "protected": True}
    Reporter().note("error", "all of them", **told)
    (line,) = written()
    assert {name: line[name] for name in told} == told
    assert line["level"] == "ERROR"
