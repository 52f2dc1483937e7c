"""How a function gives a secret a new password, in the four steps that Secrets Manager asks for."""
