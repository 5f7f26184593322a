"""Model answers, a file a notebook: what a student may write into a cell. `%solution` shows them, and tests run them.

Each one bears the name that its cell has to define, and fills the holes of its starter. Several are the references that
other answers are held against.
"""
