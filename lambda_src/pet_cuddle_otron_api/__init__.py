"""Answers the Pet Cuddle-O-Tron's REST API: starts reminders and tells how one is doing."""
