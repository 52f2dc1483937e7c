"""Compares what a restore test has restored with what it was backed up from, and tells AWS Backup."""
