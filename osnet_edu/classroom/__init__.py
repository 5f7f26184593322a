"""What a teacher needs: a class's answers run anew and checked, its predictions and mistakes as counts.

`notebooks` finds the answers, `cells` opens a process for each, `far` lets the checks call an answer that lives there,
`marking` puts the three together and keeps what it measured, and `report` writes it down. `records` reads what students
noted themselves, and `room` counts it. `inside/` is what runs in the process of an answer.
"""

__all__ = ["cells", "far", "inside", "marking", "notebooks", "records", "report", "room"]
