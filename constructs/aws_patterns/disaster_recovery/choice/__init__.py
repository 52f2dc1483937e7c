"""Which strategy meets an objective: the arithmetic, the comparison, the choice."""
