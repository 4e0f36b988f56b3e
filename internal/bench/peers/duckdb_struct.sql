-- Structs, written by COPY: the fast form. Every member is written in every line, null where it has no value.
COPY (
  SELECT 'Patient' AS resourceType, Id AS id,
    [{system: 'urn:chartlift:bench:mrn', value: Id}] AS identifier,
    [{use: 'official', family: LAST, given: [FIRST]}] AS name,
    CASE upper(GENDER) WHEN 'M' THEN 'male' WHEN 'F' THEN 'female' ELSE 'unknown' END AS gender,
    BIRTHDATE AS birthDate
  FROM read_csv('{data}/patients.csv', all_varchar = true)
) TO '{out}/Patient.ndjson' (FORMAT json);

COPY (
  SELECT 'Encounter' AS resourceType, Id AS id, 'finished' AS status,
    {system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
     code: CASE ENCOUNTERCLASS WHEN 'inpatient' THEN 'IMP' WHEN 'emergency' THEN 'EMER' ELSE 'AMB' END} AS class,
    {reference: 'Patient/' || PATIENT} AS subject, {"start": START, "end": STOP} AS period
  FROM read_csv('{data}/encounters.csv', all_varchar = true)
) TO '{out}/Encounter.ndjson' (FORMAT json);

COPY (
  SELECT 'Observation' AS resourceType,
    md5(concat_ws('|', DATE, PATIENT, ENCOUNTER, CODE, VALUE))::UUID::VARCHAR AS id, 'final' AS status,
    [{coding: [{system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: CATEGORY}]}] AS category,
    {coding: [{system: 'http://loinc.org', code: CODE, display: DESCRIPTION}], text: DESCRIPTION} AS code,
    {reference: 'Patient/' || PATIENT} AS subject, {reference: 'Encounter/' || ENCOUNTER} AS encounter,
    DATE AS effectiveDateTime,
    CASE TYPE WHEN 'numeric' THEN
      {value: VALUE::DECIMAL(18, 4), unit: UNITS, system: 'http://unitsofmeasure.org', code: UNITS} END AS valueQuantity,
    CASE TYPE WHEN 'text' THEN VALUE END AS valueString
  FROM read_csv('{data}/observations.csv', all_varchar = true)
) TO '{out}/Observation.ndjson' (FORMAT json);
