"""Person ids of the Market-1501 rule that are no people: a box that shows nobody rightly, and a passer-by."""

JUNK = -1  # counts neither as right nor as wrong: left out of every ranking
DISTRACTOR = 0  # in the gallery only, always wrong
