"""Programs that are measured; each is run by itself."""
