"""What a recovery consists of, one after the other, and what it loses, as data. Needs no CDK."""

from __future__ import annotations

from dataclasses import dataclass

from aws_patterns.recovery import NONE, Span


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """One part of a recovery, or what one part of the data loses.

    Attributes:
        name: In a word or two.
        span: How long it takes, or how much is lost, in seconds.
        how: Where that number comes from, as a clause.
        source: The AWS page that says so, or that says that it has to be done.
        change: What makes it less; blank where there is nothing to win.
    """

    name: str
    span: Span
    how: str
    source: str
    change: str


@dataclass(frozen=True, slots=True)
class RecoveryChain:
    """From the loss of a Region until users are served again, link after link.

    Attributes:
        links: In their order; those that take no time are there too.
    """

    links: tuple[Link, ...]

    @property
    def span(self) -> Span:
        """All of them together."""
        return Span(
            usual=sum(link.span.usual for link in self.links), worst=sum(link.span.worst for link in self.links)
        )


@dataclass(frozen=True, slots=True)
class Exposure:
    """What is lost of each part of a workload's data: the worst of them counts.

    Attributes:
        links: One for each part.
    """

    links: tuple[Link, ...]

    @property
    def span(self) -> Span:
        """Of the part that loses most."""
        spans = [link.span for link in self.links] or [NONE]
        return Span(usual=max(span.usual for span in spans), worst=max(span.worst for span in spans))
