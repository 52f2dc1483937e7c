"""Looks every minute whether the primary serves and how far its data are behind, and keeps it out while it must not."""
