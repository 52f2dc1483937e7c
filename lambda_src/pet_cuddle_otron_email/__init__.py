"""Sends the Pet Cuddle-O-Tron's mails."""
