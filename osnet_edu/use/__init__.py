"""What a network in use needs: features sent from a camera instead of photos, a model card, a datasheet.

`camera` has a camera process and a search process talk over a socket of this machine; `papers` asks what the people who
use a network, and those who are seen by it, have a right to know.
"""

__all__ = ["camera", "papers"]
