"""The command `render`: a Market-1501 folder of rendered people."""

import argparse

from .. import people
from ..machine import whole
from .speech import PICTURES, progress_bar, tell


def run(options: argparse.Namespace) -> None:
    """Render the folder, and the archive and the preview if they are asked for."""
    out = whole.new_folder(options.out)
    beside = [path for path in (options.archive, options.preview) if path is not None]
    if options.preview is not None:
        whole.ends_in(options.preview, PICTURES)
    for path in beside:
        if not whole.given(path).absolute().is_relative_to(out.absolute()):  # what is in a new folder cannot exist yet
            whole.new_file(path)
    with progress_bar("rendering") as progress:
        summary = people.write_dataset(
            options.out,
            people=options.people,
            seed=options.seed,
            world=options.world,
            unseen=options.unseen,
            photos=options.photos,
            train_photos=options.train_photos,
            size=options.size,
            workers=options.workers,
            progress=progress,
        )
    tell(
        f"Wrote {options.out}: {summary.people} people, {summary.pairs} pairs of twins; {summary.train} photos "
        f"to train on, {summary.query} queries, {summary.gallery} gallery photos; {summary.bytes / 1e6:.1f} MB."
    )
    if options.archive:
        size = people.pack(options.out, options.archive)
        tell(f"Wrote {options.archive}: the same folder as one file, {size / 1e6:.1f} MB.")
    if options.preview:
        with whole.file(options.preview) as growing:
            people.contact_sheet(options.out).save(growing)
        tell(f"Wrote {options.preview}: a contact sheet.")
