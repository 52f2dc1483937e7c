"""Settings for the app as a whole."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_patterns._names import REGION


@dataclass(frozen=True, kw_only=True, slots=True)
class AppSettings:
    """Where the stacks go, and how they are marked.

    Args:
        account: Twelve-digit AWS account. Default: the account of the credentials at deployment.
        region: AWS Region. Default: the Region of the credentials at deployment.
        tags: Tags of every resource, by name.
    """

    account: str | None = None
    region: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        found = []
        if self.account is not None and not re.fullmatch(r"\d{12}", self.account, re.ASCII):
            found.append(f"account must be twelve digits, got {self.account!r}")
        if self.region is not None and not REGION.fullmatch(self.region):
            found.append(f"region must be a Region's code such as eu-west-1, got {self.region!r}")
        for name, value in self.tags.items():
            if not re.fullmatch(r"(?!aws:)[\w .:/=+@-]{1,128}", name):
                found.append(
                    f"tags.{name} must be named by 1 to 128 letters, digits, spaces or _.:/=+-@, "
                    "and not begin with aws:"
                )
            if not re.fullmatch(r"[\w .:/=+@-]{0,256}", value):
                found.append(f"tags.{name} must be at most 256 letters, digits, spaces or _.:/=+-@, got {value!r}")
        return found
