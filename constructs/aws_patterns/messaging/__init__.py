"""Messaging patterns: what keeps data when everything else fails."""
