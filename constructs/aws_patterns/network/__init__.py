"""Network patterns: where everything else is put, and what may reach it."""
