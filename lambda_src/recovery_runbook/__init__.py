"""The steps of a recovery runbook: check, fence, promote, scale, wait for health, move the traffic, verify, report."""
