"""Model answers of notebook 12."""

import numpy as np


def my_lost(query_people, query_cameras, gallery_people, gallery_cameras):
    """query_people, query_cameras: (Q,). gallery_people, gallery_cameras: (G,). Returns (Q,) True or False."""
    same = query_people[:, None] == gallery_people  # (Q, G)
    other = query_cameras[:, None] != gallery_cameras  # (Q, G)
    return ~(same & other).any(axis=1)


def my_split(people, tested):
    """people: (N,) numbers. tested: numbers of the test people. Returns three arrays of photo indices."""
    is_tested = np.isin(people, tested)
    train = np.flatnonzero(~is_tested)
    query = np.array([np.flatnonzero(people == who)[0] for who in tested])
    gallery = np.setdiff1d(np.flatnonzero(is_tested), query)
    return train, query, gallery


def my_int8(features):
    """features: (D,) floats. Returns (D,) floats, as they are after a way through int8."""
    scale = np.abs(features).max() / 127
    return np.round(features / scale).astype(np.int8) * scale


def my_megabytes(cameras, photos_an_hour, numbers, bytes_a_number):
    """Four whole numbers. Returns the megabytes of a day."""
    return cameras * photos_an_hour * 24 * numbers * bytes_a_number / 1_000_000
