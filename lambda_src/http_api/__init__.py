"""What functions behind HTTP APIs have in common: how a request is refused, and what is told when something fails."""
