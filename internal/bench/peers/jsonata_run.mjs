// The conversion as JSONata expressions, one for each table: node jsonata_run.mjs DATA OUT. It stands beside node_modules.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { parse } from 'csv-parse';
import jsonata from 'jsonata';

const [data, out] = process.argv.slice(2);

// JSONata has no hash: ids are made by a function that is registered with it.
function uuid(text) {
  const h = createHash('sha1').update(text).digest('hex');
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-5${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20, 32)}`;
}

const maps = {
  patients: ['Patient', `{
    "resourceType": "Patient", "id": Id,
    "identifier": [{ "system": "urn:chartlift:bench:mrn", "value": Id }],
    "name": [{ "use": "official", "family": LAST, "given": [FIRST] }],
    "gender": $lookup({ "M": "male", "F": "female" }, $uppercase(GENDER)), "birthDate": BIRTHDATE
  }`],
  encounters: ['Encounter', `{
    "resourceType": "Encounter", "id": Id, "status": "finished",
    "class": {
      "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
      "code": $lookup({ "ambulatory": "AMB", "outpatient": "AMB", "wellness": "AMB", "inpatient": "IMP", "emergency": "EMER" }, ENCOUNTERCLASS)
    },
    "subject": { "reference": "Patient/" & PATIENT }, "period": { "start": START, "end": STOP }
  }`],
  observations: ['Observation', `{
    "resourceType": "Observation", "id": $uuid($join([DATE, PATIENT, ENCOUNTER, CODE, VALUE], "|")), "status": "final",
    "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": CATEGORY }] }],
    "code": { "coding": [{ "system": "http://loinc.org", "code": CODE, "display": DESCRIPTION }], "text": DESCRIPTION },
    "subject": { "reference": "Patient/" & PATIENT }, "encounter": { "reference": "Encounter/" & ENCOUNTER },
    "effectiveDateTime": DATE,
    "valueQuantity": TYPE = "numeric" ? { "value": $number(VALUE), "unit": UNITS, "system": "http://unitsofmeasure.org", "code": UNITS },
    "valueString": TYPE != "numeric" ? VALUE
  }`],
};

for (const [table, [type, text]] of Object.entries(maps)) {
  const map = jsonata(text);
  map.registerFunction('uuid', uuid, '<s:s>');
  const sink = createWriteStream(`${out}/${type}.ndjson`);
  for await (const row of createReadStream(`${data}/${table}.csv`).pipe(parse({ columns: true }))) {
    if (!sink.write(JSON.stringify(await map.evaluate(row)) + '\n')) await once(sink, 'drain');
  }
  sink.end();
  await once(sink, 'finish');
}
