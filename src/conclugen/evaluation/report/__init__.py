"""The report of a run: one page that opens offline and says in words what the tables hold."""
