"""Pictures of records: photos, rankings, triplets, gates, heat and comparisons.

Every function returns a matplotlib Figure of its own (no pyplot, no global state) that carries its description as its
label; `show` puts it into a notebook with that description as alt text, readable in the light and the dark theme.
How streams, recipes, trained and untrained networks look stands in colours.py: `axis.plot(x, y, **TRAINED.line)`.
`numbers` shows a table of text: a sentence, and the lines folded. `Findings` shows sentences and a small table.
"""

from ..colours import AFTER, BEFORE, FITTED, KIT, MEASURED, PARAMETERS, PUBLISHED, STREAMS, TRAINED, UNTRAINED, WORK
from .board import leaderboard, leaderboard_numbers
from .compared import differences, overfitting
from .findings import Findings
from .followed import clusters, followed
from .heat import explained_pair, gates, greyed, heat_image, heats, overlay
from .layers import layer_costs, layer_costs_numbers, stream_fields
from .measured import estimates, first_figure, intervals
from .moved import gates_moved, parted
from .numbers import numbers
from .paper import BLUE, CSS, HEAT, INK, MUTED, ONE, ORANGE, PANEL, PAPER, TWO, png, show, tidy
from .portraits import mined, photos, ranked, ranking, triplet
from .progress import progress
from .streams import streams
from .training import augmented, collapses, left_out, schedules

__all__ = [
    "AFTER", "BEFORE", "BLUE", "CSS", "FITTED", "HEAT", "INK", "KIT", "MEASURED", "MUTED", "ONE", "ORANGE", "PANEL",
    "PAPER", "PARAMETERS", "PUBLISHED", "STREAMS", "TRAINED", "TWO", "UNTRAINED", "WORK", "Findings", "augmented",
    "clusters", "collapses", "differences", "estimates", "explained_pair", "first_figure", "followed", "gates",
    "gates_moved", "greyed", "heat_image", "heats", "intervals", "layer_costs", "layer_costs_numbers", "leaderboard",
    "leaderboard_numbers", "left_out", "mined", "numbers", "overfitting", "overlay", "parted", "photos", "png",
    "progress", "ranked", "ranking", "schedules", "show", "stream_fields", "streams", "tidy", "triplet",
]  # fmt: skip
