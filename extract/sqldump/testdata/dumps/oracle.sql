REM INSERTING into CLINIC.PATIENT
REM don't read this ' as a string
SET DEFINE OFF;
PROMPT it's loading...
CREATE TABLE "CLINIC"."PATIENT" 
   (	"ID" NUMBER(10,0) NOT NULL ENABLE, 
	"NAME" VARCHAR2(50 BYTE) DEFAULT 'x;y', 
	"BORN" DATE, 
	"SEEN" TIMESTAMP (6), 
	"NOTE" CLOB, 
	"PHOTO" BLOB, 
	"WEIGHT" NUMBER,
	 CONSTRAINT "PK" PRIMARY KEY ("ID") USING INDEX
   ) SEGMENT CREATION IMMEDIATE TABLESPACE "USERS"
/
CREATE OR REPLACE EDITIONABLE TRIGGER "CLINIC"."TRG" BEFORE INSERT ON PATIENT FOR EACH ROW
BEGIN
  INSERT INTO CLINIC.PATIENT (ID) VALUES (99);
  :new.name := 'a / b';
END;
/
Insert into CLINIC.PATIENT (ID,NAME,BORN,SEEN,NOTE,PHOTO,WEIGHT) values (1,'O''Neil; & Co',to_date('07-MAR-19','DD-MON-RR'),to_timestamp('07-MAR-19 01.02.03.500000000 PM','DD-MON-RR HH.MI.SSXFF AM'),TO_CLOB('part one ') || TO_CLOB(q'[it's [two]]') || chr(10) || 'end',HEXTORAW('00FF'),.5);
Insert into CLINIC.PATIENT (ID,NAME,BORN,SEEN,NOTE,PHOTO,WEIGHT) values (2,null,to_date('1980-02-29 00:00:00','YYYY-MM-DD HH24:MI:SS'),TIMESTAMP '2019-03-07 10:00:00.000',nq'{x'y}',EMPTY_BLOB(),-.25);
Insert into PATIENT (ID,NAME,BORN,SEEN,NOTE,PHOTO,WEIGHT) values (3,UNISTR('caf\00E9'),to_date('31-FEB-80','DD-MON-RR'),SYSDATE,'C:\temp\','not hex',1e3)
/
insert into clinic.patient (id,name,born) values (seq.nextval,'expression',date '1999-12-31');
BEGIN
  INSERT INTO clinic.patient (id,name) VALUES (5,'in a block');
END;
/
INSERT ALL
  INTO visit (id,what) VALUES (1,'one; or')
  INTO visit (id,what) VALUES (2,'two')
  INTO "CLINIC"."PATIENT" ("ID") VALUES (6)
SELECT * FROM dual;
INSERT INTO visit (id,what) SELECT 3,'three' FROM dual UNION ALL SELECT 4,to_char('four') FROM dual;
COMMIT;
EXIT
