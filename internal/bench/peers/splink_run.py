"""Splink on the columns that matching is measured with: comparisons and rules after Splink's own examples, clusters at 0.95.

usage: splink_run.py DATA.csv OUT.csv [BITS,BITS,...]

With thresholds, given as match weights (bits), it writes no OUT.csv but OUT.csv.BITS for each of them, all from the same predictions.
"""
import logging
import sys

import duckdb
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.internals.duckdb.database_api import DuckDBAPI

logging.disable(logging.WARNING)
data, out = sys.argv[1:3]
sweep = sys.argv[3].split(",") if len(sys.argv) > 3 else []
con = duckdb.connect()
con.execute("SET threads = 2")
con.execute("SET enable_progress_bar = false")
have = [c[0] for c in con.execute("DESCRIBE SELECT * FROM read_csv(?, all_varchar = true)", [data]).fetchall()]


def clean(column, nothing=()):
    """The column in upper case, with what stands for nobody as null."""
    list_ = ", ".join("'%s'" % n for n in nothing) or "''"
    return f"CASE WHEN upper(trim({column})) IN ({list_}, '') THEN NULL ELSE upper(trim({column})) END AS {column}"


# dates without signs between their parts are not read by DateOfBirthComparison
ISO = "CASE WHEN length(dob) = 8 THEN dob[1:4] || '-' || dob[5:6] || '-' || dob[7:8] ELSE dob END AS dob"
sentinels = {"ssn": ["999-99-9999", "123-45-6789"], "dob": ["1900-01-01", "1970-01-01"]}
columns = ", ".join(clean(c, sentinels.get(c, ())) for c in have if c != "id")
con.execute(f"CREATE TABLE people AS SELECT id AS unique_id, {columns}, given || ' ' || family AS names FROM (SELECT * REPLACE ({ISO}) FROM read_csv('{data}', all_varchar = true))")

comparisons = [
    cl.ForenameSurnameComparison("given", "family", forename_surname_concat_col_name="names"),
    cl.DateOfBirthComparison("dob", input_is_string=True),
    cl.DamerauLevenshteinAtThresholds("ssn", [1, 2]),
    cl.JaroWinklerAtThresholds("street", [0.9]),
    cl.ExactMatch("city").configure(term_frequency_adjustments=True),
    cl.ExactMatch("zip"),
]
if "sex" in have:
    comparisons += [cl.ExactMatch("sex"), cl.LevenshteinAtThresholds("phone", 1), cl.EmailComparison("email")]
    rules = [
        block_on("ssn"), block_on("phone", "given"), block_on("email"), block_on("dob", "given"), block_on("dob", "family"), block_on("dob", "zip"),
        block_on("given", "family", "zip"), block_on("given", "family", "middle"), block_on("family", "zip", "substr(dob, 1, 4)"),
        block_on("street", "zip", "substr(given, 1, 3)"), "l.given = r.family AND l.family = r.given AND l.dob = r.dob",
    ]
    sure = [block_on("ssn"), block_on("given", "family", "dob"), block_on("email", "given")]
else:
    rules = [
        block_on("ssn"), block_on("dob"), block_on("given", "family"), block_on("given", "zip"), block_on("family", "zip"), block_on("street", "zip"),
        block_on("family", "substr(dob, 1, 4)"), block_on("given", "substr(dob, 1, 4)"), "l.given = r.family AND l.family = r.given",
    ]
    sure = [block_on("ssn"), block_on("given", "family", "dob")]

api = DuckDBAPI(connection=con)
linker = Linker(api.register("people"), SettingsCreator(link_type="dedupe_only", comparisons=comparisons, blocking_rules_to_generate_predictions=rules, retain_matching_columns=False))
linker.training.estimate_probability_two_random_records_match(sure, recall=0.8)
linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
for rule in (block_on("given", "family"), block_on("dob"), block_on("zip", "family")):
    linker.training.estimate_parameters_using_expectation_maximisation(rule)


def write(clusters, path):
    con.execute(f"COPY (SELECT unique_id AS id, cluster_id FROM {clusters.physical_name}) TO '{path}' (HEADER)")


if sweep:
    pairs = linker.inference.predict(threshold_match_weight=min(float(bits) for bits in sweep))
    for bits in sweep:
        write(linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_weight=float(bits)), f"{out}.{bits}")
else:
    pairs = linker.inference.predict(threshold_match_probability=0.95)
    write(linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=0.95), out)
