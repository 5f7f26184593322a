"""Model answers of notebook 06."""


def my_fixed_gates(streams, logits):
    """streams: a list of T maps (B, C, H, W). logits: (T, C). Returns (B, C, H, W)."""
    total = 0
    for logit, x in zip(logits, streams, strict=True):  # logit: (C,)
        total = total + logit.sigmoid()[None, :, None, None] * x
    return total


def my_width(outside, budget):
    """Returns a whole number."""
    width = 0
    while 2 * outside * (width + 1) + 9 * (width + 1) ** 2 <= budget:  # would one channel more still fit?
        width = width + 1
    return width


def my_paired_difference(ours, reference):
    """ours, reference: arrays of n scores, one a seed, in the same order. Returns (mean, standard error)."""
    differences = ours - reference
    return differences.mean(), differences.std(ddof=1) / len(differences) ** 0.5


def my_verdict(low, high, published):
    """published: the paper's difference, not 0. Returns 'agrees', 'contradicts' or 'open'."""
    if low <= 0 <= high:
        return "open"
    return "agrees" if (low > 0) == (published > 0) else "contradicts"
