# The conversion in Miller's language: miller_run.sh DATA OUT. Numbers that are not computed with keep their digits.
set -eu
data=$1 out=$2
mlr --icsv --ojsonl put -q '
  emit1 {
    "resourceType": "Patient", "id": $Id,
    "identifier": [{"system": "urn:chartlift:bench:mrn", "value": $Id}],
    "name": [{"use": "official", "family": $LAST, "given": [$FIRST]}],
    "gender": {"M": "male", "F": "female"}[toupper($GENDER)], "birthDate": $BIRTHDATE
  }' "$data/patients.csv" >"$out/Patient.ndjson"
mlr --icsv --ojsonl put -q '
  begin { @class = {"ambulatory": "AMB", "outpatient": "AMB", "wellness": "AMB", "inpatient": "IMP", "emergency": "EMER"} }
  emit1 {
    "resourceType": "Encounter", "id": $Id, "status": "finished",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": @class[$ENCOUNTERCLASS]},
    "subject": {"reference": "Patient/" . $PATIENT}, "period": {"start": $START, "end": $STOP}
  }' "$data/encounters.csv" >"$out/Encounter.ndjson"
mlr --icsv --ojsonl put -q '
  h = md5($DATE . "|" . $PATIENT . "|" . $ENCOUNTER . "|" . $CODE . "|" . $VALUE);
  o = {
    "resourceType": "Observation",
    "id": h[1:8] . "-" . h[9:12] . "-3" . h[14:16] . "-a" . h[18:20] . "-" . h[21:32],
    "status": "final",
    "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": $CATEGORY}]}],
    "code": {"coding": [{"system": "http://loinc.org", "code": $CODE, "display": $DESCRIPTION}], "text": $DESCRIPTION},
    "subject": {"reference": "Patient/" . $PATIENT}, "encounter": {"reference": "Encounter/" . $ENCOUNTER},
    "effectiveDateTime": $DATE
  };
  if ($TYPE == "numeric") {
    o["valueQuantity"] = {"value": $VALUE, "unit": $UNITS, "system": "http://unitsofmeasure.org", "code": $UNITS}
  } else {
    o["valueString"] = $VALUE
  }
  emit1 o' "$data/observations.csv" >"$out/Observation.ndjson"
