"""The command `room`: a class's predictions and mistakes as counts, on a page and in a picture to show."""

import argparse

from ..classroom import room
from ..figures import png
from ..machine import whole
from .speech import say, tell


def run(options: argparse.Namespace) -> None:
    """Count the records of a folder, and write a page and a picture."""
    out = whole.new_file(options.out, (".html",))
    picture = whole.new_file(out.with_suffix(".png"))
    found = room.count_room(options.folder, options.discussed)
    with whole.file(out) as page, whole.file(picture) as drawn:
        page.write_text(room.room_page(found), encoding="utf-8")
        drawn.write_bytes(png(room.as_picture(found)))
    for told in found.left_out:
        say(told)
    tell(f"{found.people} records, {len(found.questions)} questions. Wrote {out}, and {picture} to show.")
