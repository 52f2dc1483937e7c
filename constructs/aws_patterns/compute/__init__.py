"""Compute patterns: fleets of instances that heal, scale and are replaced without anybody noticing."""
