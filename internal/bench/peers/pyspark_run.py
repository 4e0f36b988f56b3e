"""The conversion in PySpark, two threads: pyspark_run.py DATA OUT. Each file is a folder of parts, as Spark writes."""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

data, out = sys.argv[1:]
spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false").config("spark.driver.bindAddress", "127.0.0.1").config(
    "spark.driver.host", "127.0.0.1").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")


def read(table):
    return spark.read.csv(f"{data}/{table}.csv", header=True, escape='"')  # without a schema all columns are texts


def write(rows, name):
    rows.write.mode("overwrite").json(f"{out}/{name}.ndjson")


def text(value):
    return F.lit(value)


def reference(kind, column):
    return F.struct(F.concat(text(kind + "/"), F.col(column)).alias("reference"))


def coding(system, *more):
    return F.array(F.struct(text(system).alias("system"), *more))


write(read("patients").select(
    text("Patient").alias("resourceType"), F.col("Id").alias("id"),
    F.array(F.struct(text("urn:chartlift:bench:mrn").alias("system"), F.col("Id").alias("value"))).alias("identifier"),
    F.array(F.struct(text("official").alias("use"), F.col("LAST").alias("family"), F.array("FIRST").alias("given"))).alias("name"),
    F.when(F.upper("GENDER") == "M", "male").when(F.upper("GENDER") == "F", "female").otherwise("unknown").alias("gender"),
    F.col("BIRTHDATE").alias("birthDate")), "Patient")

write(read("encounters").select(
    text("Encounter").alias("resourceType"), F.col("Id").alias("id"), text("finished").alias("status"),
    F.struct(
        text("http://terminology.hl7.org/CodeSystem/v3-ActCode").alias("system"),
        F.when(F.col("ENCOUNTERCLASS") == "inpatient", "IMP").when(F.col("ENCOUNTERCLASS") == "emergency", "EMER").otherwise("AMB").alias("code")).alias("class"),
    reference("Patient", "PATIENT").alias("subject"),
    F.struct(F.col("START").alias("start"), F.col("STOP").alias("end")).alias("period")), "Encounter")

numeric = F.col("TYPE") == "numeric"
id_hash = F.sha1(F.concat_ws("|", "DATE", "PATIENT", "ENCOUNTER", "CODE", "VALUE"))
write(read("observations").select(
    text("Observation").alias("resourceType"),
    F.concat_ws("-", id_hash.substr(1, 8), id_hash.substr(9, 4), F.concat(text("5"), id_hash.substr(14, 3)),
                F.concat(text("a"), id_hash.substr(18, 3)), id_hash.substr(21, 12)).alias("id"),
    text("final").alias("status"),
    F.array(F.struct(coding("http://terminology.hl7.org/CodeSystem/observation-category", F.col("CATEGORY").alias("code")).alias("coding"))).alias("category"),
    F.struct(coding("http://loinc.org", F.col("CODE").alias("code"), F.col("DESCRIPTION").alias("display")).alias("coding"),
             F.col("DESCRIPTION").alias("text")).alias("code"),
    reference("Patient", "PATIENT").alias("subject"), reference("Encounter", "ENCOUNTER").alias("encounter"),
    F.col("DATE").alias("effectiveDateTime"),
    F.when(numeric, F.struct(
        F.col("VALUE").cast("double").alias("value"), F.col("UNITS").alias("unit"),
        text("http://unitsofmeasure.org").alias("system"), F.col("UNITS").alias("code"))).alias("valueQuantity"),
    F.when(~numeric, F.col("VALUE")).alias("valueString")), "Observation")

# The virtual machine's time and memory count only if it ends before this process does.
gateway = spark.sparkContext._gateway
spark.stop()
gateway.shutdown()
gateway.proc.stdin.close()
gateway.proc.wait()
