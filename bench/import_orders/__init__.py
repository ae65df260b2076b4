"""Orders from the counter's own software: read, checked row by row, shown, and taken in all together or not at all.

text.py which encoding; table.py rows of CSV and JSON; columns.py which column is what, and a workshop's own mapping;
reading.py one row as an order; plan.py all rows together, and taking them in.
"""

from bench.import_orders.columns import OwnNames
from bench.import_orders.plan import Bad, Good, ImportPlan, plan, take_in
from bench.import_orders.reading import Problem

__all__ = ["Bad", "Good", "ImportPlan", "OwnNames", "Problem", "plan", "take_in"]
