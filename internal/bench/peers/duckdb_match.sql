-- People who are there twice: the same number, names but for case, and date of birth. Who has the smallest id stays, and what the others have becomes his or hers.
CREATE TEMP TABLE same AS
  SELECT Id, min(Id) OVER (PARTITION BY SSN, upper(LAST), upper(FIRST), BIRTHDATE) AS kept
  FROM read_csv('{data}/patients.csv', all_varchar = true);
CREATE TEMP VIEW patients AS
  SELECT p.* FROM read_csv('{data}/patients.csv', all_varchar = true) p JOIN same USING (Id) WHERE Id = kept;
CREATE TEMP VIEW encounters AS
  SELECT e.* REPLACE (kept AS PATIENT) FROM read_csv('{data}/encounters.csv', all_varchar = true) e JOIN same ON e.PATIENT = same.Id;
CREATE TEMP VIEW observations AS
  SELECT o.* REPLACE (kept AS PATIENT) FROM read_csv('{data}/observations.csv', all_varchar = true) o JOIN same ON o.PATIENT = same.Id;
