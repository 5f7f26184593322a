"""What the omni-scale block is compared with: its siblings, and every row of the paper's ablation.

All of them have the frame of `model.Block`: a 1x1 squeeze, something in the middle, a linear 1x1 that expands, the
identity beside it, a ReLU. Only the middle differs: which windows its streams see, whether a gate weights them, whether
the gate looks at the photo, and how the streams are joined.

The three siblings (Inception-, ResNeXt- and SE-style) follow the idea of the published blocks, at the budget of the
omni-scale block that they replace: each is as wide as it can be without having more parameters. The eleven rows follow
table 5; where the paper leaves a row open, its `change` says how it is read here. `HAND_MADE` stands alone: the same
windows as the omni-scale block's, each in one wide layer instead of a row of layers that are all alike. So do
`EQUAL_VIEWS` and `EQUAL_DEPTHS`, whose streams differ only in depth, or only in width of view.

Source: Zhou et al., Omni-Scale Feature Learning for Person Re-Identification, ICCV 2019, table 5; Szegedy et al., 2015;
Xie et al., 2017; Hu et al., 2018.
Shapes: B photos, C channels, H x W cells, T streams.
"""

from .blocks import (
    Grouped,
    LiteWide,
    SiblingBlock,
    equal_depths,
    equal_views,
    full_convolutions,
    hand_made,
    inception,
    joined_with,
    resnext,
    same_depth,
    squeeze_excite,
)
from .joins import Concatenate, FixedGates, Mix, ScalarGate, SeparateGates, SumInExpansion
from .rows import (
    EQUAL_DEPTHS,
    EQUAL_VIEWS,
    HAND_MADE,
    ROWS,
    SIBLINGS,
    TABLE_5,
    Anatomy,
    Lane,
    Row,
    anatomy,
    block,
    build,
    find,
    lanes,
)

__all__ = [
    "EQUAL_DEPTHS", "EQUAL_VIEWS", "HAND_MADE", "ROWS", "SIBLINGS", "TABLE_5", "Anatomy", "Concatenate", "FixedGates",
    "Grouped", "Lane", "LiteWide", "Mix", "Row", "ScalarGate", "SeparateGates", "SiblingBlock", "SumInExpansion",
    "anatomy", "block", "build", "equal_depths", "equal_views", "find", "full_convolutions", "hand_made", "inception",
    "joined_with", "lanes", "resnext", "same_depth", "squeeze_excite",
]  # fmt: skip
