"""``python -m queue_worker``: works until it is told to stop; with ``health``, asks whether it does."""

from __future__ import annotations

import os
import sys

from queue_worker import handler

# The processes that jobs run in load this module too, under another name.
if __name__ == "__main__":
    sys.exit(handler.main(sys.argv[1:], os.environ))
