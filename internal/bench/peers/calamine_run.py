# Reads every cell of a workbook: calamine_run.py FILE
import sys

import python_calamine

book = python_calamine.CalamineWorkbook.from_path(sys.argv[1])
rows = -1  # the header
for name in book.sheet_names:
    rows += len(book.get_sheet_by_name(name).to_python())
print(rows)
