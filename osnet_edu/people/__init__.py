"""Rendered pedestrians: who they are, what they wear, where they walk, and a Market-1501 folder of them."""

from .archive import pack, unpack
from .body import PARTS
from .dataset import VISIBLE, DatasetSummary, PhotoRecord, read_people, write_dataset
from .flat import Flat, Mark, Panel, paint_flat
from .identity import CHOICES, OPENING, RANGES, WORN, Identity, build_of, draw_identity, edit, put_on
from .shapes import SHAPE_PARTS, prepare_shape, shape_twin
from .sheet import contact_sheet, drawn_sheet
from .shot import Difference, Shot, difference, jpeg, render
from .twins import TWIN_LABELS, TWIN_PARTS, Cross, Rung, crossed_views, prepare, scale_ladder, twin
from .view import CAMERAS, LIGHT, WEATHER, View, draw_view, sun_at
from .world import WORLDS

__all__ = [
    "CAMERAS",
    "CHOICES",
    "LIGHT",
    "OPENING",
    "PARTS",
    "RANGES",
    "SHAPE_PARTS",
    "TWIN_LABELS",
    "TWIN_PARTS",
    "VISIBLE",
    "WEATHER",
    "WORLDS",
    "WORN",
    "Cross",
    "DatasetSummary",
    "Difference",
    "Flat",
    "Identity",
    "Mark",
    "Panel",
    "PhotoRecord",
    "Rung",
    "Shot",
    "View",
    "build_of",
    "contact_sheet",
    "crossed_views",
    "difference",
    "draw_identity",
    "draw_view",
    "drawn_sheet",
    "edit",
    "jpeg",
    "pack",
    "paint_flat",
    "prepare",
    "prepare_shape",
    "put_on",
    "read_people",
    "render",
    "scale_ladder",
    "shape_twin",
    "sun_at",
    "twin",
    "unpack",
    "write_dataset",
]
