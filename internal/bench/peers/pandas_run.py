"""The conversion in pandas and orjson: pandas_run.py DATA OUT [match].

With match, people who are there twice (the same number, names but for case,
and date of birth) become one: who has the smallest id stays.
"""

import sys
import uuid

import orjson
import pandas

data, out, *match = sys.argv[1:]
SPACE = uuid.UUID("8e1f6a52-0c7b-5d3e-9a41-6b2dc05731f8")
GENDERS = {"M": "male", "F": "female"}
CLASSES = {"inpatient": "IMP", "emergency": "EMER"}


def patient(r):
    return {
        "resourceType": "Patient", "id": r["Id"],
        "identifier": [{"system": "urn:chartlift:bench:mrn", "value": r["Id"]}],
        "name": [{"use": "official", "family": r["LAST"], "given": [r["FIRST"]]}],
        "gender": GENDERS.get(r["GENDER"].upper(), "unknown"), "birthDate": r["BIRTHDATE"],
    }


def encounter(r):
    return {
        "resourceType": "Encounter", "id": r["Id"], "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": CLASSES.get(r["ENCOUNTERCLASS"], "AMB")},
        "subject": {"reference": "Patient/" + r["PATIENT"]}, "period": {"start": r["START"], "end": r["STOP"]},
    }


def observation(r):
    o = {
        "resourceType": "Observation",
        "id": str(uuid.uuid5(SPACE, "|".join((r["DATE"], r["PATIENT"], r["ENCOUNTER"], r["CODE"], r["VALUE"])))),
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": r["CATEGORY"]}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": r["CODE"], "display": r["DESCRIPTION"]}], "text": r["DESCRIPTION"]},
        "subject": {"reference": "Patient/" + r["PATIENT"]},
        "encounter": {"reference": "Encounter/" + r["ENCOUNTER"]},
        "effectiveDateTime": r["DATE"],
    }
    if r["TYPE"] == "numeric":
        o["valueQuantity"] = {"value": float(r["VALUE"]), "unit": r["UNITS"], "system": "http://unitsofmeasure.org", "code": r["UNITS"]}
    else:
        o["valueString"] = r["VALUE"]
    return o


same = None
if match:
    p = pandas.read_csv(f"{data}/patients.csv", dtype=str, keep_default_na=False)
    kept = p.groupby([p["SSN"], p["LAST"].str.upper(), p["FIRST"].str.upper(), p["BIRTHDATE"]])["Id"].transform("min")
    same = dict(zip(p["Id"], kept))


def merged(chunk, table):
    if table == "patients":
        return chunk[chunk["Id"] == chunk["Id"].map(same)]
    return chunk.assign(PATIENT=chunk["PATIENT"].map(same))


for table, name, convert in (("patients", "Patient", patient), ("encounters", "Encounter", encounter), ("observations", "Observation", observation)):
    with open(f"{out}/{name}.ndjson", "wb") as f:
        for chunk in pandas.read_csv(f"{data}/{table}.csv", dtype=str, keep_default_na=False, chunksize=100_000):
            if same:
                chunk = merged(chunk, table)
            f.writelines(orjson.dumps(convert(r), option=orjson.OPT_APPEND_NEWLINE) for r in chunk.to_dict("records"))
