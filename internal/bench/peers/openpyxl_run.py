# Reads every cell of a workbook: openpyxl_run.py FILE
import sys

import openpyxl

book = openpyxl.load_workbook(sys.argv[1], read_only=True)
rows = -1  # the header
for sheet in book:
    sheet.reset_dimensions()
    for row in sheet.iter_rows(values_only=True):
        rows += 1
print(rows)
