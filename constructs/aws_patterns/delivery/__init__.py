"""Delivery patterns: from a commit to a deployed stack, without long-lived keys."""
