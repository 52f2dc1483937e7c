"""Remembers what a worker tells."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class FakeTeller:
    """Log and metrics of a test."""

    notes: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    levels: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    measured: dict[str, list[float]] = field(default_factory=dict)

    def note(self, level: str, message: str, **facts: object) -> None:
        assert level in ("debug", "info", "warning", "error")
        self.levels.append(level)
        self.notes.append((message, facts))

    def count(self, name: str, value: float = 1) -> None:
        self.counts[name] += int(value)

    def measure(self, name: str, seconds: float) -> None:
        self.measured.setdefault(name, []).append(seconds)

    def said(self) -> list[str]:
        return [message for message, _ in self.notes]
