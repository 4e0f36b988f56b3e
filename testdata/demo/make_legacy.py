#!/usr/bin/env python3
"""Makes legacy/, the hand-out of an invented old system for `make demo` and the tests.

Run it in this folder: python3 make_legacy.py. It uses the standard library only and always
writes the same bytes. No person in it exists.
"""
import gzip
import io
import random
import zipfile

rng = random.Random(1927)
FIRST = "Ana Björn Chloé Dmitri Elif Farid Grace Hugo Inès Jürgen Kofi Lucía Mei Noor Olga Pál Rosa Søren Tomás Ursula".split()
LAST = "O'NEIL GARCÍA müller DE LA CRUZ Smith-Jones NGUYEN kowalska ÖZTÜRK McDonald van der Berg BROWN Okafor".replace("DE LA CRUZ", "DE_LA_CRUZ").replace("van der Berg", "van_der_Berg").split()
STREETS = "Main St,Oak Avenue,Mill Road,2nd Street,Harbor Blvd".split(",")


def patients():
    rows = []
    for i in range(1, 41):
        first, last = FIRST[i % len(FIRST)], LAST[i % len(LAST)].replace("_", " ")
        y, m, d = 1930 + rng.randrange(85), 1 + rng.randrange(12), 1 + rng.randrange(28)
        birth = [f"{m}/{d}/{y}", f"{y}-{m:02}-{d:02}", f"{y}{m:02}{d:02}"][i % 3]
        sex = ["M", "F", "m", "f", "U", "X"][rng.randrange(6)]
        phone = f"({617 if i % 2 else 508}) 555-{100 + i:04}" if i % 5 else ""
        zip_ = f"{2100 + i}" if i % 4 else f"0{2100 + i}-{1000 + i}"
        died = f"{y + 60}-0{1 + i % 9}" if i % 13 == 0 else ""
        ssn = f"123-45-{6000 + i}" if i % 3 else ""
        rows.append([f"LC-{i:04}", last, first, birth, sex, phone, f"{10 + i} {STREETS[i % 5]}", "Springfield", "Massachusetts" if i % 2 else "MA", zip_, ["S", "M", "D", "W", ""][i % 5], ssn, died])
    rows[6][3] = "02/30/1961"           # a day that does not exist
    rows[11][3] = "0000-00-00"          # the old system's way to say "unknown"
    rows[20][1] = "MÜLLER; GEB. SCHMIDT"  # a name with the delimiter in it
    rows.insert(9, list(rows[4]))       # the same row twice
    rows.append(["", "GHOST", "Casper", "1/1/1900", "U", "", "", "", "", "", "", "", ""])  # no key
    header = "PatNo;LastName;FirstName;DOB;Sex;HomePhone;Street;City;State;ZIP;Marital;SSN;Died".split(";")
    out = ["Lakeside Clinic - patient export", ";".join(header)]
    for r in rows:
        out.append(";".join(f'"{c}"' if ";" in c or "," in c else c for c in r))
    out.append("LC-0099;BROKEN;Row")    # a row cut short
    return "\r\n".join(out) + "\r\n"


STARTED = {}  # the hour of each visit, in which its results are taken


def visits():
    out = ["VisitID,PatNo,Kind,Started,Ended,Reason"]
    for i in range(1, 91):
        p = 1 + rng.randrange(40)
        y, m, d, h = 2012 + rng.randrange(12), 1 + rng.randrange(12), 1 + rng.randrange(28), 8 + rng.randrange(9)
        STARTED[i] = f"{y}-{m:02}-{d:02} {h:02}"
        kind = ["OFFICE", "OFFICE", "HOSP", "ER", "PHONE"][rng.randrange(5)]
        reason = ["check up", "cough, three days", 'patient said "dizzy"', "", "follow up\nsecond line"][rng.randrange(5)]
        cell = '"' + reason.replace('"', '""') + '"' if any(c in reason for c in ',"\n') else reason
        out.append(f"V{i},LC-{p:04},{kind},{m}/{d}/{y} {h}:{i % 60:02},{m}/{d}/{y} {h + 1}:{i % 60:02},{cell}")
    out.append("V91,LC-7777,OFFICE,5/5/2020 10:00,5/5/2020 10:20,patient is not in the list")
    out.append("V92,LC-0003,TELEX,5/6/2020 10:00,5/6/2020 10:20,a kind nobody knows")
    return "\n".join(out)  # no newline at the end


TESTS = [("GLU", "Glucose", "mg/dL", 70, 180), ("HB", "Hemoglobin", "g/dl", 9, 17), ("K", "Potassium", "mmol/l", 3, 6), ("WT", "Weight", "kg", 45, 120), ("COVID", "SARS-CoV-2 PCR", "", 0, 0)]


def results():
    out = ["visit\ttest\tname\tvalue\tunit\ttaken"]
    for i in range(1, 211):
        code, name, unit, low, high = TESTS[rng.randrange(5)]
        value = rng.choice(["NEGATIVE", "POSITIVE"]) if not unit else f"{low + rng.random() * (high - low):.1f}"
        if i % 40 == 0 and unit:
            value = "<" + value
        visit = 1 + rng.randrange(90)
        out.append(f"V{visit}\t{code}\t{name}\t{value}\t{unit}\t{STARTED[visit]}:{i % 60:02}:00")
    out += [f"V{1 + i}\tBP\tBlood pressure\t{110 + i}/{70 + i}\tmmHg\t{STARTED[1 + i]}:30:00" for i in range(5)]
    out.append(out[17])
    return "\n".join(out) + "\n"


def pharmacy():
    lines = ["-- MySQL dump 10.13  Distrib 5.7.33", "/*!40101 SET NAMES utf8 */;", "DROP TABLE IF EXISTS `rx`;",
             "CREATE TABLE `rx` (", "  `rx_id` int(11) NOT NULL,", "  `pat` varchar(10) DEFAULT NULL,", "  `drug` varchar(80) DEFAULT NULL,",
             "  `rxnorm` varchar(12) DEFAULT NULL,", "  `started` date DEFAULT NULL,", "  `stopped` date DEFAULT NULL,", "  `note` text,",
             "  PRIMARY KEY (`rx_id`)", ") ENGINE=InnoDB DEFAULT CHARSET=utf8;", "LOCK TABLES `rx` WRITE;"]
    rows = []
    drugs = [("Lisinopril 10 MG Oral Tablet", "314076"), ("Metformin 500 MG", "861007"), ("Dr. O\\'Hara\\'s Tonic", None)]
    for i in range(1, 31):
        drug, code = drugs[i % 3]
        stop = ["NULL", "'0000-00-00'", f"'2021-0{1 + i % 9}-15'"][i % 3]
        rows.append(f"({i},'LC-{1 + rng.randrange(40):04}','{drug}',{repr(code) if code else 'NULL'},'2020-0{1 + i % 9}-0{1 + i % 9}',{stop},'line one\\nline two')")
    lines += ["INSERT INTO `rx` VALUES " + ",".join(rows) + ";", "UNLOCK TABLES;",
              "CREATE TABLE `rx_audit` (`id` int(11), `what` varchar(20));", "INSERT INTO `rx_audit` VALUES (1,'login'),(2,'print'),(3,'logout');",
              "-- Dump completed on 2021-06-30 18:00:00"]
    return "\n".join(lines) + "\n"


def workbook(rows):
    """A workbook as small as one can be: inline strings, numbers, dates by style 1."""
    def cell(ref, v):
        if v is None:
            return ""
        if isinstance(v, tuple):
            return f'<c r="{ref}" s="1"><v>{v[0]}</v></c>'
        if isinstance(v, (int, float)):
            return f'<c r="{ref}"><v>{v}</v></c>'
        return f'<c r="{ref}" t="inlineStr"><is><t>{v}</t></is></c>'
    sheet = "".join(f'<row r="{y}">' + "".join(cell(f"{chr(65 + x)}{y}", v) for x, v in enumerate(r)) + "</row>" for y, r in enumerate(rows, 1))
    ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {ns} xmlns:r="{rel}"><sheets><sheet name="Allergies" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{rel}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {ns}><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet {ns}><sheetData>{sheet}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in parts.items():
            z.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + text)
    return out.getvalue()


def allergies():
    rows = [["Allergy list, kept by reception"], [None], ["Patient", "Substance", "Since", "Severity"]]
    for i in range(1, 19):
        rows.append([f"LC-{1 + rng.randrange(40):04}", ["Penicillin", "Latex", "Peanut", "Bee sting"][i % 4], (38000 + 200 * i,), ["mild", "severe", "moderate", None][i % 4]])
    rows.append(list(rows[5]))
    return workbook(rows)


def write(name, content):
    with open("legacy/" + name, "wb") as f:
        f.write(content)


write("patients.csv", patients().encode("cp1252", "replace"))
write("visits.csv", visits().encode())
write("results.tsv.gz", gzip.compress(results().encode(), mtime=0))
write("pharmacy.sql", pharmacy().encode())
write("allergies.xlsx", allergies())
write("parking.csv", b"plate,since\nMA-1234,2019\nMA-9876,2020\n")
