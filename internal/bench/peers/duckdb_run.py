"""Runs a SQL script in DuckDB: duckdb_run.py SCRIPT DATA OUT THREADS."""

import sys

import duckdb

script, data, out, threads = sys.argv[1:]
db = duckdb.connect()
db.execute(f"SET threads = {int(threads)}")
db.execute("SET preserve_insertion_order = false")  # its faster way
with open(script, encoding="utf-8") as f:
    db.execute(f.read().replace("{data}", data).replace("{out}", out))
