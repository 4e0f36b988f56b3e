-- json_object: the form whose output is valid FHIR JSON. Lines are JSON texts, so the CSV writer writes them as they are.
COPY (
  SELECT json_object('resourceType', 'Patient', 'id', Id,
    'identifier', json_array(json_object('system', 'urn:chartlift:bench:mrn', 'value', Id)),
    'name', json_array(json_object('use', 'official', 'family', LAST, 'given', json_array(FIRST))),
    'gender', CASE upper(GENDER) WHEN 'M' THEN 'male' WHEN 'F' THEN 'female' ELSE 'unknown' END,
    'birthDate', BIRTHDATE)
  FROM {patients}
) TO '{out}/Patient.ndjson' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\x01');

COPY (
  SELECT json_object('resourceType', 'Encounter', 'id', Id, 'status', 'finished',
    'class', json_object('system', 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
      'code', CASE ENCOUNTERCLASS WHEN 'inpatient' THEN 'IMP' WHEN 'emergency' THEN 'EMER' ELSE 'AMB' END),
    'subject', json_object('reference', 'Patient/' || PATIENT),
    'period', json_object('start', START, 'end', STOP))
  FROM {encounters}
) TO '{out}/Encounter.ndjson' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\x01');

COPY (
  WITH parts AS (
    SELECT *, md5(concat_ws('|', DATE, PATIENT, ENCOUNTER, CODE, VALUE))::UUID::VARCHAR AS id,
      json_array(json_object('coding', json_array(json_object(
        'system', 'http://terminology.hl7.org/CodeSystem/observation-category', 'code', CATEGORY)))) AS category_json,
      json_object('coding', json_array(json_object('system', 'http://loinc.org', 'code', CODE, 'display', DESCRIPTION)),
        'text', DESCRIPTION) AS code_json,
      json_object('reference', 'Patient/' || PATIENT) AS subject_json,
      json_object('reference', 'Encounter/' || ENCOUNTER) AS encounter_json
    FROM {observations}
  )
  SELECT CASE TYPE WHEN 'numeric' THEN
    json_object('resourceType', 'Observation', 'id', id, 'status', 'final', 'category', category_json, 'code', code_json,
      'subject', subject_json, 'encounter', encounter_json, 'effectiveDateTime', DATE,
      'valueQuantity', json_object('value', VALUE::JSON, 'unit', UNITS, 'system', 'http://unitsofmeasure.org', 'code', UNITS))
  ELSE
    json_object('resourceType', 'Observation', 'id', id, 'status', 'final', 'category', category_json, 'code', code_json,
      'subject', subject_json, 'encounter', encounter_json, 'effectiveDateTime', DATE, 'valueString', VALUE)
  END
  FROM parts
) TO '{out}/Observation.ndjson' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\x01');
