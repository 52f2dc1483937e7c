"""Probes the instances of a fleet, and has those replaced that don't answer."""
