"""The conversion with Python's own csv and json: csv_json_run.py DATA OUT."""

import csv
import json
import sys
import uuid

data, out = sys.argv[1:]
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


for table, name, convert in (("patients", "Patient", patient), ("encounters", "Encounter", encounter), ("observations", "Observation", observation)):
    with open(f"{data}/{table}.csv", newline="", encoding="utf-8") as rows, open(f"{out}/{name}.ndjson", "w", encoding="utf-8") as f:
        for row in csv.DictReader(rows):
            f.write(json.dumps(convert(row), ensure_ascii=False, separators=(",", ":")) + "\n")
