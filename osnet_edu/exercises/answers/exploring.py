"""Model answers of notebook 11: one of many for each, as the explorer shows them."""


def my_query():
    """Returns the name of a query, such as "0181_c1s1_018100_01.jpg"."""
    return "0211_c1s1_021100_01.jpg"


def my_stream():
    """Returns a query's name, a block such as "conv3.1", and a stream from 1 to 4."""
    return "0209_c3s1_020900_01.jpg", "conv2.0", 1


def my_pair():
    """Returns a query's name, a gallery photo's name, the better method, the worse method."""
    return "0183_c5s1_018300_01.jpg", "0184_c4s1_018407_02.jpg", "gradient x activation", "gradient"


def my_change():
    """Returns a query's name, an attribute such as "top_color" or "bag", and its new value."""
    return "0209_c3s1_020900_01.jpg", "top_color", (0.1, 0.2, 0.9)
