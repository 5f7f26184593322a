"""Photos on disk: folders of them, one picture file, and what their names say.

`market` reads a Market-1501 folder, or a plain folder with one folder a person, and the masks of rendered people.
`picture` reads one picture file. `names` reads and writes the names of photos, and `copies` finds the same file twice.
"""

__all__ = ["copies", "market", "names", "picture"]
