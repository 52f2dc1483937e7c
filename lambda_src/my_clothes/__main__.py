"""``python -m my_clothes``: serves until it is told to stop."""

from __future__ import annotations

import os
import sys

from my_clothes import handler

sys.exit(handler.main(sys.argv[1:], os.environ))
