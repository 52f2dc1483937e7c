"""Writes what waits in a queue into a table, each item once."""
