"""Reads the rows of a mysqldump with Python's csv module, as scripts on the web do, and prints their number: dump_csv_run.py FILE."""

import csv
import sys

csv.field_size_limit(sys.maxsize)
rows = 0
with open(sys.argv[1], encoding="utf-8") as dump:
    for line in dump:
        if not line.startswith("INSERT INTO"):
            continue
        # The whole statement is one line of CSV, whose cells are put into rows again: one ends where a cell that ends with )
        # stands before one that begins with (.
        row = []
        for cells in csv.reader([line.partition("VALUES ")[2]], quotechar="'", escapechar="\\", doublequote=False, strict=True):
            for cell in cells:
                if cell.startswith("(") and (not row or row[-1].endswith(")")):
                    if row:
                        row[-1] = row[-1][:-1]
                        rows += 1
                    row, cell = [], cell[1:]
                row.append(cell)
        rows += bool(row)
print(rows)
