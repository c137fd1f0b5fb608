"""Reports: rows, tables, pages and comparisons of runs."""
