"""Bad and hostile inputs, made by code, over every door of the kit; each has to end in a sentence or a right result.

python tests/bad_inputs/count.py     prints how many ended how
"""
