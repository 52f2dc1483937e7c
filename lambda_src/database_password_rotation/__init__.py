"""Gives a user of a database a new password, in the four steps that Secrets Manager asks for."""
