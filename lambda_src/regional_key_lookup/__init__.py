"""Finds the primary of a multi-Region key by its name in another Region, as CloudFormation asks for it."""
