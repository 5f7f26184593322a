"""Draws assets/pictures/10_leaderboard.png from assets/results/leaderboard.csv, which this made:

python -m osnet_edu experiment leaderboard --out results --workers 1
"""

from pathlib import Path

from osnet_edu import figures
from osnet_edu.grading import leaderboard

OUT = Path(__file__).parent / "pictures" / "10_leaderboard.png"


def main() -> None:
    figure = figures.leaderboard(leaderboard.shipped(), title="Who finds where the twins differ, across views?")
    figure.savefig(OUT, dpi=figures.CSS * 1.25)


if __name__ == "__main__":
    main()
