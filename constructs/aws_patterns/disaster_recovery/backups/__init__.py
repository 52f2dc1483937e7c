"""Backups that outlive a Region, and the proof that they can be restored."""
