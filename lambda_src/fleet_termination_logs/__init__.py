"""Collects the logs of an instance that is about to end, then lets it end."""
