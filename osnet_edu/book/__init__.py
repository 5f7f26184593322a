"""The lab as a static site: every lesson with its outputs, the explorer, and the network itself, without a server.

`build` puts the whole together: `lessons` executes the notebooks in a `kernel`, `alive` asks every widget there what a
visitor could ask it, and `pages` writes the HTML. What the pages run is in page/, and their frames are in templates/.
"""

__all__ = ["alive", "build", "generator", "glossary", "kernel", "lessons", "pages"]
