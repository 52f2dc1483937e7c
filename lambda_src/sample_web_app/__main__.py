"""``python3 -m sample_web_app``: serves until it is told to stop."""

from __future__ import annotations

import sys

from sample_web_app import handler

sys.exit(handler.main(sys.argv[1:]))
