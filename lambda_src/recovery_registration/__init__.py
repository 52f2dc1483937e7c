"""Writes where a Region's own API answers into the recovery Region's state, as CloudFormation asks for it."""
