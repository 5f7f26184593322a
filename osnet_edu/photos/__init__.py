"""Photos on disk: folders of them, one picture file, and what their names say.

`market` reads a Market-1501 folder, or a plain folder with one folder a person, and the masks of rendered people.
`inspection` says what a folder is and what is wrong with it, before anything runs, and `splitting` divides photos that
have no queries. `picture` reads one picture file. `names` reads and writes the names of photos, `persons` says who the
shipped people are, and `copies` finds the same file twice.
"""

__all__ = ["copies", "inspection", "market", "names", "persons", "picture", "splitting"]
