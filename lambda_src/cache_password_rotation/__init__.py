"""Gives the user of a cache a new password, in the four steps that Secrets Manager asks for."""
