package clean

// unitTraps are texts that are UCUM by accident and mean something else in a
// chart: C is coulomb, ft a femtotonne, G gauss. Those without a code may mean
// several things, as H (hours, or high) and gr, which is a grain or a gram
// (ISMP list of error-prone abbreviations): they are nobody's to guess.
var unitTraps = map[string]string{
	"C": "Cel", "F": "[degF]", "ft": "[ft_i]", "pt": "[pt_us]", "Pt": "[pt_us]", "st": "[stone_av]", "pH": "[pH]", "ph": "[pH]", "PH": "[pH]",
	"G": "g", "Gm": "g", "Mg": "mg", "MG": "mg", "mG": "mg", "kG": "kg", "uG": "ug", "nG": "ng", "PG": "pg", "Pg": "pg", "pG": "pg",
	"ML": "mL", "Ml": "mL", "MS": "ms", "u": "U", "mu": "mU", "ku": "kU", "Mm": "mm", "EU": "[EU]", "EA": "{each}",
	"Mmol": "mmol", "Pmol": "pmol", "Meq": "meq", "Mosm": "mosm", "Cal": "[Cal]", "Gal": "[gal_us]",
	"AU": "", "D": "", "M": "", "PL": "pL", "b": "",
	"mM": "", "uM": "", "nM": "", "pM": "", "gr": "", "H": "", "S": "", "PT": "", "TU": "", "'": "", "''": "",
}

// wholeUnits mean something else than their parts. mM and its like are the
// concentrations of chemists, and would be lengths in small letters. G/L is
// 10*9 cells in a litre of European laboratories and grams in those that write
// in capitals: it is nobody's to guess. T/L is never a magnetic field.
var wholeUnits = map[string]string{
	"mM": "mmol/L", "uM": "umol/L", "nM": "nmol/L", "pM": "pmol/L", "G/L": "", "G/l": "", "T/L": "10*12/L", "T/l": "10*12/L", "Gpt/L": "10*9/L", "Gpt/l": "10*9/L", "Tpt/L": "10*12/L", "Tpt/l": "10*12/L",
}

// countTraps are traps only before a slash: K/uL counts thousands, not kelvin.
var countTraps = map[string]string{"K": "10*3", "M": "10*6", "k": "10*3", "m": "10*6"}

// unitAliases are the units of charts and laboratories, in small letters and
// without spaces, that UCUM writes in another way.
var unitAliases = map[string]string{
	// mass, volume, length, area
	"kg": "kg", "kgs": "kg", "kilogram": "kg", "kilograms": "kg", "g": "g", "gm": "g", "gms": "g", "gram": "g", "grams": "g",
	"mg": "mg", "mgs": "mg", "milligram": "mg", "milligrams": "mg", "ug": "ug", "mcg": "ug", "mcgs": "ug", "microgram": "ug",
	"micrograms": "ug", "ng": "ng", "pg": "pg", "lb": "[lb_av]", "lbs": "[lb_av]", "pound": "[lb_av]", "pounds": "[lb_av]",
	"oz": "[oz_av]", "ounce": "[oz_av]", "ounces": "[oz_av]", "stone": "[stone_av]", "grain": "[gr]",
	"l": "L", "liter": "L", "liters": "L", "litre": "L", "dl": "dL", "ml": "mL", "mls": "mL", "cc": "mL", "milliliter": "mL",
	"milliliters": "mL", "ul": "uL", "mcl": "uL", "nl": "nL", "fl": "fL", "cumm": "mm3", "cmm": "mm3", "mm^3": "mm3", "m^3": "m3", "cm^3": "cm3",
	"floz": "[foz_us]", "tsp": "[tsp_us]", "teaspoon": "[tsp_us]", "tbsp": "[tbs_us]", "tablespoon": "[tbs_us]", "cup": "[cup_us]", "cups": "[cup_us]",
	"gal": "[gal_us]", "m": "m", "cm": "cm", "cms": "cm", "centimeter": "cm", "centimeters": "cm", "mm": "mm", "um": "um", "km": "km",
	"in": "[in_i]", "inch": "[in_i]", "inches": "[in_i]", "feet": "[ft_i]", "foot": "[ft_i]", "ft": "[ft_i]", "yd": "[yd_i]",
	"mi": "[mi_i]", "mile": "[mi_i]", "miles": "[mi_i]", "m2": "m2", "m^2": "m2", "sqm": "m2", "1.73m2": "{1.73_m2}", "1.73m^2": "{1.73_m2}",
	"1.73sqm": "{1.73_m2}", "1.73_m2": "{1.73_m2}",
	// amount and activity
	"mmol": "mmol", "umol": "umol", "nmol": "nmol", "pmol": "pmol", "mol": "mol", "mole": "mol", "meq": "meq", "mequiv": "meq", "ueq": "ueq",
	"mosm": "mosm", "mosmol": "mosm", "u": "U", "mu": "mU", "ku": "kU", "iu": "[iU]", "miu": "m[iU]", "uiu": "u[iU]", "mciu": "u[iU]", "kiu": "k[iU]",
	"intlunits": "[iU]", "internationalunits": "[iU]", "eu": "[EU]", "pfu": "[PFU]", "cfu": "[CFU]", "ppm": "[ppm]", "ppb": "[ppb]", "ph": "[pH]",
	// counts
	"k": "10*3", "th": "10*3", "thou": "10*3", "thousand": "10*3", "x10^3": "10*3", "x10*3": "10*3", "x103": "10*3", "x10e3": "10*3", "10e3": "10*3",
	"10x3": "10*3", "x10(3)": "10*3", "10(3)": "10*3", "mil": "10*6", "mill": "10*6", "million": "10*6", "x10^6": "10*6", "x10*6": "10*6", "x106": "10*6",
	"x10e6": "10*6", "10e6": "10*6", "10x6": "10*6", "x10(6)": "10*6", "10(6)": "10*6", "x10^9": "10*9", "x10*9": "10*9", "x109": "10*9", "x10e9": "10*9",
	"10e9": "10*9", "x10(9)": "10*9", "10(9)": "10*9", "x10^12": "10*12", "x10*12": "10*12", "x10e12": "10*12", "10e12": "10*12",
	"#": "{#}", "cells": "{cells}", "cell": "{cells}", "copies": "{copies}", "copy": "{copies}", "count": "{count}", "score": "{score}",
	"ratio": "{ratio}", "titer": "{titer}", "index": "{index}", "inr": "{INR}", "each": "{each}", "ea": "{each}", "hpf": "[HPF]", "lpf": "[LPF]",
	"percent": "%", "pct": "%", "per100wbc": "/100{WBCs}", "wbc": "{WBCs}", "100wbc": "100{WBCs}", "100wbcs": "100{WBCs}",
	// pressure, temperature, time, rates
	"mmhg": "mm[Hg]", "torr": "mm[Hg]", "cmh2o": "cm[H2O]", "kpa": "kPa", "psi": "[psi]", "c": "Cel", "degc": "Cel", "degreesc": "Cel", "celsius": "Cel",
	"degreescelsius": "Cel", "f": "[degF]", "degf": "[degF]", "degreesf": "[degF]", "fahrenheit": "[degF]", "degreesfahrenheit": "[degF]",
	"sec": "s", "secs": "s", "second": "s", "seconds": "s", "msec": "ms", "mins": "min", "min": "min", "minute": "min", "minutes": "min",
	"h": "h", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "24hr": "(24.h)", "24hrs": "(24.h)", "24h": "(24.h)", "24hours": "(24.h)",
	"d": "d", "day": "d", "days": "d", "week": "wk", "weeks": "wk", "wks": "wk", "month": "mo", "months": "mo", "mos": "mo",
	"y": "a", "yr": "a", "yrs": "a", "year": "a", "years": "a", "bpm": "{beats}/min", "beats": "{beats}", "beat": "{beats}",
	"beatsperminute": "{beats}/min", "breaths": "{breaths}", "breath": "{breaths}", "breathsperminute": "{breaths}/min", "perminute": "/min",
	"lpm": "L/min", "mph": "[mi_i]/h", "kcal": "kcal", "cal": "cal", "calories": "[Cal]", "joule": "J", "joules": "J",
	// dose forms
	"tab": "{tbl}", "tabs": "{tbl}", "tablet": "{tbl}", "tablets": "{tbl}", "cap": "{capsule}", "caps": "{capsule}", "capsule": "{capsule}",
	"capsules": "{capsule}", "puff": "{puff}", "puffs": "{puff}", "drop": "[drp]", "drops": "[drp]", "gtt": "[drp]", "gtts": "[drp]",
	"pack": "{pack}", "packs": "{pack}", "dose": "{dose}", "doses": "{dose}", "spray": "{spray}", "sprays": "{spray}",
}
