"""Pure functions of values: no store, no drawing, no clock."""
