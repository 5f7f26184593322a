"""What lab.py is made of.

lab.py imports these on any Python from 3.6 on, and without any package: `fit` (can the kit run here), `setup` (the
installation), `wheels` (which packages, by which program), `wheelhouse` (a folder of them, for a room without a
network), `installer` (one at work), `doctor` and `needs` (what this machine has), `copies` (the student's own
notebooks), `programs` (other programs, started and ended), `ending` (every end is a sentence and a status) and `badge`
(the links to the kit). lab.py starts these inside the environment that it made: `notebooks` (JupyterLab), `app` (the
explorer as a page, with the template `page.html.j2`; `own` is what a researcher brings), `book` (the lab as a static
site), `handout` (notebooks as HTML) and `probe` (how fast PyTorch is here). `lesson_costs.json` says what
the cells of each notebook compute, in training steps.
"""

__all__ = [
    "app", "badge", "book", "copies", "doctor", "ending", "fit", "handout", "installer", "needs", "notebooks", "own",
    "probe", "programs", "setup", "wheelhouse", "wheels",
]  # fmt: skip
