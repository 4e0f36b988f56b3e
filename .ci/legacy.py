"""Makes up the tables of the benchmark's mapping: legacy.py FOLDER OBSERVATIONS"""

import os, sys
folder, n = sys.argv[1], int(sys.argv[2])
os.makedirs(folder)
with open(folder + "/patients.csv", "w") as f:
    f.write("Id,LAST,FIRST,GENDER,BIRTHDATE\n")
    for i in range(n // 50):
        f.write(f'p{i},"Fam{i}, of","Given\n{i}",{"MFX"[i % 3]},19{i % 90 + 10}-0{i % 9 + 1}-1{i % 9}\n')
with open(folder + "/encounters.csv", "w") as f:
    f.write("Id,PATIENT,ENCOUNTERCLASS,START,STOP\n")
    for i in range(n // 5):
        f.write(f"e{i},p{i // 10},{['ambulatory', 'inpatient', 'cruise'][i % 50 % 3]},2019-01-0{i % 9 + 1}T10:00:00Z,2019-01-0{i % 9 + 1}T11:00:00Z\n")
with open(folder + "/observations.csv", "w") as f:
    f.write("DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE\n")
    for i in range(n):
        f.write(f'2019-01-0{i % 9 + 1}T10:30:00Z,p{i // 50},e{i // 5},vital-signs,8302-2,"Body ""height""\nlying",{i % 200}.5,cm,numeric\n')
