"""What lab.py is made of, beside the installation itself.

lab.py imports these on any Python from 3.6 on, and without any package: `needs` (what this machine has), `programs`
(other programs, started and ended), `installer` (one at work), `ending` (every end is a sentence and a status) and
`badge` (the links to the kit). lab.py starts these inside the environment that it made: `notebooks` (JupyterLab), `app`
(the explorer as a page, with the template `page.html.j2`), `book` (the lab as a static site), `handout` (notebooks as
HTML) and `probe` (how fast PyTorch is here).
"""

__all__ = ["app", "badge", "book", "ending", "handout", "installer", "needs", "notebooks", "probe", "programs"]
