"""A small shop in three tiers: ``python -m my_clothes`` is the one in the middle. README.md says how to run it."""
