"""What runs in the process of a student's answer, and what both sides say to each other.

These files import nothing of the kit: the process that runs them never has the exercises, their checks or their
solutions in its memory. `nursery` starts one process for each answer, `walls` shuts it in, `runner` calls the answer,
and `wire` is the language: numbers, texts, arrays, tensors and containers of them, as plain bytes.
"""
