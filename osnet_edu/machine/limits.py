"""Numbers and names that the command line checks before anything heavy is loaded, and that other rooms hold to."""

MOST_SIDE = 4096  # pixels of a side that photos are resized to
MOST_THREADS = 256
DTYPE_NAMES = ("float32", "bfloat16")  # of multiplications in training
PATIENCE = 5  # minutes that processes wait for the slowest of the others, before a run is given up
