"""Uses a cache well: lazy loading that no stampede gets through, write-through, sessions, leaderboards.

``Settings.from_environment`` reads what the construct ``Cache`` says in its ``environment``, ``gateway.connect`` makes
a store of it, and the rest works with any store.
"""
