"""Validates the lines of a file with fhir.resources (R4B), PASSES times: python fhir_resources_validate.py FILE PASSES."""
import json
import sys
import time

started = time.perf_counter()
from fhir.resources.R4B import get_fhir_model_class  # noqa: E402

get_fhir_model_class("Patient").model_validate({"resourceType": "Patient"})
ready = time.perf_counter() - started
lines = [line for line in open(sys.argv[1], encoding="utf-8") if line.strip()]
cpu = []
invalid = 0
for _ in range(int(sys.argv[2])):
    before = time.process_time()
    invalid = 0
    for line in lines:
        resource = json.loads(line)
        try:
            get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        except Exception:
            invalid += 1
    cpu.append(time.process_time() - before)
print(json.dumps({"resources": len(lines), "invalid": invalid, "start": ready, "cpu": cpu}))
