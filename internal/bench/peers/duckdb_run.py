"""Runs a SQL script in DuckDB: duckdb_run.py SCRIPT DATA OUT THREADS [BEFORE].

{patients} and its like in the script are the files, or the views of that name
that a script before it makes.
"""

import sys

import duckdb

script, data, out, threads, *before = sys.argv[1:]
db = duckdb.connect()
db.execute(f"SET threads = {int(threads)}")
db.execute("SET preserve_insertion_order = false")  # its faster way
for path in [*before, script]:
    with open(path, encoding="utf-8") as f:
        text = f.read()
    for table in ("patients", "encounters", "observations"):
        text = text.replace("{" + table + "}", table if before else f"read_csv('{data}/{table}.csv', all_varchar = true)")
    db.execute(text.replace("{data}", data).replace("{out}", out))
