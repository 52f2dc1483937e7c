"""Writes what the documentation says about the stacks from the stacks themselves: `python -m docs.generate`.

Diagrams come from the synthesized templates, tables from the registry and the settings classes. In a page, a
generated part stands between `<!-- generated: name -->` and `<!-- end -->`; the rest of the page is left alone.
"""
