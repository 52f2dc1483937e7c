"""What may be chosen about media uploads, and within which limits. Needs no CDK."""

from __future__ import annotations

from aws_patterns._validation import Problems
from aws_patterns.serverless import _defaults as defaults


def check_media_uploads(
    problems: Problems,
    *,
    maximum_bytes: int = defaults.UPLOAD_MAXIMUM_BYTES,
    throttle_rate: float = defaults.UPLOAD_THROTTLE_RATE,
    throttle_burst: int = defaults.UPLOAD_THROTTLE_BURST,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one ``MediaUploads``."""
    problems.between("maximum_bytes", maximum_bytes, 1, defaults.UPLOAD_LARGEST_BYTES, " bytes")
    problems.between("throttle_rate", throttle_rate, 0.1, 10_000, " requests per second")
    problems.between("throttle_burst", throttle_burst, 1, 5_000, " requests")
