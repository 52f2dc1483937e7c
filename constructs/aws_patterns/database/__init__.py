"""Database patterns: data that survives the loss of an instance, a zone, a Region, and a mistake."""
