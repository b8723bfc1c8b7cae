"""What answers of listeners tell: pure functions of arrays, whose unit is the listener. They know no plan and no store.

Results are frozen dataclasses of plain values, so that `dataclasses.asdict` makes JSON of them; where there is no value
they have None.
"""
