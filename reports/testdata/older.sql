-- Rows as chartlift wrote them when each schema was the newest: TestADatabaseOfEveryOlderSchemaIsOpenedWithNothingLost. A new schema file gets a
-- part of its own here, with a row for each table that it makes.

-- schema 1
INSERT INTO run VALUES (1, '2026-01-02T03-04-05Z-1', '2026-01-02T03:04:05.000Z', '2026-01-02T03:05:05.000Z', 'run', '{}', '0.1.0', 'lakeside', 'ab12', 'http://127.0.0.1:8080/fhir', 'st-mary', 'j.doe', 0, 0, 'succeeded', 0);
INSERT INTO run VALUES (2, '2026-01-03T03-04-05Z-1', '2026-01-03T03:04:05.000Z', NULL, 'run', '{}', '0.1.0', 'lakeside', 'ab12', 'http://127.0.0.1:8080/fhir', 'st-mary', 'j.doe', 0, 0, 'running', NULL);
INSERT INTO source VALUES (1, '2026-01-02T03-04-05Z-1', '/legacy/patients.csv', 'patients.csv', 'patients', 'csv', 'cd34', 4096, 'windows-1252', ',', 1, 12, 8, 1, 1, 2);
INSERT INTO source VALUES (2, '2026-01-02T03-04-05Z-1', '/legacy/rooms.csv', 'rooms.csv', 'rooms', 'csv', 'ef56', 40, 'utf-8', ',', 0, 7, 0, 0, 0, 0);
INSERT INTO row_outcome VALUES (1, 1, 1, 8, 'loaded', '', NULL), (2, 1, 9, 9, 'merged', 'exact-duplicate', 3), (3, 1, 10, 10, 'filtered', 'where', NULL), (4, 1, 11, 12, 'rejected', 'bad-date', NULL);
INSERT INTO finding_group VALUES (1, '2026-01-02T03-04-05Z-1', 1, 'patient.birthDate', 'bad-date', 'DOB', 'error', 'value', 'lakeside.yaml:12:3', 'this day does not exist', 11, 2, 2);
INSERT INTO finding VALUES (1, 1, 11, 12, 'error', 'Patient.birthDate', '31.02.1980', 'this day does not exist', ''), (2, 1, 12, 13, 'error', 'Patient.birthDate', 'Größe', 'this day does not exist', '30.01.1980');
INSERT INTO unit VALUES ('2026-01-02T03-04-05Z-1', 1, 1, 1, 8, 8, 7, 7, 2, 200, '2026-01-02T03:04:09.000Z', 321);
INSERT INTO entry_failure VALUES (1, '2026-01-02T03-04-05Z-1', 1, 1, 8, 'Patient', 'p8', 422, 'refused', 'no');
INSERT INTO resource_count VALUES ('2026-01-02T03-04-05Z-1', 1, 'Patient', 8, 8, 7, 1);
INSERT INTO code_map VALUES ('2026-01-02T03-04-05Z-1', 'sex', 'local', 'Z', 'unknown', 3, 'unmapped');

-- schema 2
INSERT INTO rule_use VALUES ('2026-01-02T03-04-05Z-1', 'patient.birthDate', 'lakeside.yaml:12:3', 8);
INSERT INTO crosswalk_use VALUES ('2026-01-02T03-04-05Z-1', 'sex', 'equivalent', 5);

-- schema 3
INSERT INTO dup_decision VALUES (1, 'emr', '', '1', 'lab', '', '7', 'different', 'a nurse', '2026-01-02T04:00:00.000Z', 'twins', '2026-01-02T03-04-05Z-1', '7f3a21c0-1');
INSERT INTO dup_decision VALUES (2, 'emr', '', '1', 'lab', '', '7', 'unsure', 'a nurse', '2026-01-02T05:00:00.000Z', '', NULL, '');

-- schema 4
INSERT INTO review_sheet VALUES ('7f3a21c0', '2026-01-02T03:30:00.000Z', '2026-01-02T03-04-05Z-1');
INSERT INTO review_pair VALUES ('7f3a21c0', 1, 'emr', '', '1', 'lab', '', '7');

-- schema 5
INSERT INTO check_result VALUES ('2026-01-02T03-04-05Z-1', 'event-before-birth', 'Encounter', 1, 'temporal', 'before birth', 100, 2, 1.5, 'fail', '');

-- schema 6
INSERT INTO dup_run VALUES ('2026-01-02T03-04-05Z-1', 3, 3, 1, 0, 1, 0, 0, 0, 0.25, 'weights', 'links', 'certain', 'aa', '{}');
INSERT INTO dup_block VALUES ('2026-01-02T03-04-05Z-1', 1, 'phone', 3, 2, 1, 0);
INSERT INTO dup_cluster VALUES ('2026-01-02T03-04-05Z-1', 'c1', 2, '');
INSERT INTO dup_member VALUES ('2026-01-02T03-04-05Z-1', 'c1', 'emr', '', '1', 'p1', 'emr.csv', 1, 'certain', 'p1'), ('2026-01-02T03-04-05Z-1', 'c1', 'lab', '', '7', 'p7', 'lab.csv', 9, 'certain', 'p1');
INSERT INTO dup_pair VALUES (1, '2026-01-02T03-04-05Z-1', 'emr', '', '1', 'p1', 'lab', '', '7', 'p7', 12.5, 0.9999, 'certain', '');
INSERT INTO dup_term VALUES (1, 1, 'family', 'same', 'QUILL', 'QUILL', 9, 0.5, 6);
INSERT INTO merge_journal VALUES (1, '2026-01-02T03-04-05Z-1', 'c1', 'links', 'certain', 'p1', 'lab', '', '7', 'p7', '{"resourceType":"Patient","id":"p7"}', 4, '', '', 'aa');

-- schema 7
INSERT INTO delivery VALUES ('2026-01-02T03-04-05Z-1', '/fhir', 'server', 'lakeside@st-mary', NULL, 1, NULL);
INSERT INTO journal VALUES (1, '2026-01-02T03-04-05Z-1', 1, 'acked', '2026-01-02T03:04:10.000Z', '[["Patient","p1","00112233445566778899aabbccddeeff","c","1"]]');
INSERT INTO dead_row VALUES (1, 1, 8);

-- schema 8
INSERT INTO field_profile VALUES ('2026-01-02T03-04-05Z-1', 'patients', 'DOB', 'patient.birthDate', 'Patient.birthDate', 8, 8, 7, 1);
INSERT INTO acceptance VALUES ('2026-01-02T03-04-05Z-1', 'rows-rejected', 12.5, 1);

-- schema 9

-- schema 10
INSERT INTO run VALUES (3, '2026-01-04T03-04-05Z-1', '2026-01-04T03:04:05.000Z', '2026-01-04T03:05:05.000Z', 'reconcile', '{}', '0.1.0', 'lakeside', 'ab12', 'http://127.0.0.1:8080/fhir', 'st-mary', 'j.doe', 0, 0, 'findings', 4);
INSERT INTO comparison VALUES ('2026-01-04T03-04-05Z-1', '2026-01-02T03-04-05Z-1', 100, 7, 7, 1, 0.142, 1, 'a note');
INSERT INTO comparison_count VALUES ('2026-01-04T03-04-05Z-1', 'type', 'Patient', 7, 7, NULL, 7, 1, 0.142);
INSERT INTO comparison_kind VALUES ('2026-01-04T03-04-05Z-1', 1, 'drifted', 1, 1);
INSERT INTO difference VALUES (1, '2026-01-04T03-04-05Z-1', 'drifted', 'Patient', 'p1', 'patients.csv', 'patients', 1, '');
INSERT INTO difference_path VALUES (1, 'Patient.birthDate', '1950-01-31', '1950-01-30');

-- schema 11
INSERT INTO must_support VALUES ('2026-01-02T03-04-05Z-1', 'us-core-patient', 'Patient.telecom', 3, 7);

-- schema 12
INSERT INTO journal VALUES (2, '2026-01-02T03-04-05Z-1', 2, 'acked', '2026-01-02T03:04:11.000Z', '[["Patient","c","1"]]', x'000123abcdef4556789abcdef01234567800112233445566778899aabbccddeeff');

-- schema 13
INSERT INTO restored VALUES ('2026-01-02T03-04-05Z-1', 'Patient', 'p1', 'patients.csv', 'patients', 1, '2026-01-02T03:04:12.000Z');
