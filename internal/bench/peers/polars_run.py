"""The conversion in polars, lazily, with its own NDJSON sink: polars_run.py DATA OUT."""

import sys

import polars as pl

data, out = sys.argv[1:]


def coding(system, code, **more):
    return pl.concat_list(pl.struct(system=pl.lit(system), code=code, **more))


def reference(kind, column):
    return pl.struct(reference=pl.lit(kind + "/") + pl.col(column))


def scan(table):
    return pl.scan_csv(f"{data}/{table}.csv", infer_schema=False)


scan("patients").select(
    resourceType=pl.lit("Patient"), id=pl.col("Id"),
    identifier=pl.concat_list(pl.struct(system=pl.lit("urn:chartlift:bench:mrn"), value=pl.col("Id"))),
    name=pl.concat_list(pl.struct(use=pl.lit("official"), family=pl.col("LAST"), given=pl.concat_list(pl.col("FIRST")))),
    gender=pl.col("GENDER").str.to_uppercase().replace_strict({"M": "male", "F": "female"}, default="unknown"),
    birthDate=pl.col("BIRTHDATE"),
).sink_ndjson(f"{out}/Patient.ndjson")

scan("encounters").select(
    resourceType=pl.lit("Encounter"), id=pl.col("Id"), status=pl.lit("finished"),
    **{"class": pl.struct(
        system=pl.lit("http://terminology.hl7.org/CodeSystem/v3-ActCode"),
        code=pl.col("ENCOUNTERCLASS").replace_strict({"inpatient": "IMP", "emergency": "EMER"}, default="AMB"))},
    subject=reference("Patient", "PATIENT"), period=pl.struct(start=pl.col("START"), end=pl.col("STOP")),
).sink_ndjson(f"{out}/Encounter.ndjson")

numeric = pl.col("TYPE") == "numeric"
quantity = pl.struct(
    value=pl.col("VALUE").cast(pl.Float64, strict=False), unit=pl.col("UNITS"),
    system=pl.lit("http://unitsofmeasure.org"), code=pl.col("UNITS"))
scan("observations").select(
    resourceType=pl.lit("Observation"),
    # polars has no hash that is the same everywhere: its own 64 bits stand for the id.
    id=pl.concat_str("DATE", "PATIENT", "ENCOUNTER", "CODE", "VALUE", separator="|").hash().cast(pl.String),
    status=pl.lit("final"),
    category=pl.concat_list(pl.struct(coding=coding("http://terminology.hl7.org/CodeSystem/observation-category", pl.col("CATEGORY")))),
    code=pl.struct(coding=coding("http://loinc.org", pl.col("CODE"), display=pl.col("DESCRIPTION")), text=pl.col("DESCRIPTION")),
    subject=reference("Patient", "PATIENT"), encounter=reference("Encounter", "ENCOUNTER"),
    effectiveDateTime=pl.col("DATE"),
    valueQuantity=pl.when(numeric).then(quantity), valueString=pl.when(~numeric).then(pl.col("VALUE")),
).sink_ndjson(f"{out}/Observation.ndjson", maintain_order=False)
