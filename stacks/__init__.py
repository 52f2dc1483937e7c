"""The project's stacks: each composes patterns and passes them their settings. `registry` lists them all."""
