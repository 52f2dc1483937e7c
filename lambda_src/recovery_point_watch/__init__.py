"""Looks how old the newest recovery points of a vault are, called by EventBridge at a fixed rate."""
