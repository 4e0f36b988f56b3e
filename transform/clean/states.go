package clean

// stateCodes give the two letters of the United States Postal Service
// (Publication 28, appendix B) for states, territories and military mail.
var stateCodes = map[string]string{
	"aa": "AA", "ae": "AE", "ak": "AK", "al": "AL", "alabama": "AL", "alaska": "AK", "americansamoa": "AS", "ap": "AP", "ar": "AR", "ariz": "AZ",
	"arizona": "AZ", "arkansas": "AR", "armedforcesamericas": "AA", "armedforceseurope": "AE", "armedforcespacific": "AP", "as": "AS", "az": "AZ",
	"ca": "CA", "calif": "CA", "california": "CA", "co": "CO", "colo": "CO", "colorado": "CO", "conn": "CT", "connecticut": "CT", "ct": "CT",
	"dc": "DC", "de": "DE", "del": "DE", "delaware": "DE", "districtofcolumbia": "DC", "fl": "FL", "fla": "FL", "florida": "FL", "fm": "FM", "ga": "GA",
	"georgia": "GA", "gu": "GU", "guam": "GU", "hawaii": "HI", "hi": "HI", "ia": "IA", "id": "ID", "idaho": "ID", "il": "IL", "ill": "IL",
	"illinois": "IL", "in": "IN", "indiana": "IN", "iowa": "IA", "kansas": "KS", "kentucky": "KY", "ks": "KS", "ky": "KY", "la": "LA",
	"louisiana": "LA", "ma": "MA", "maine": "ME", "marshallislands": "MH", "maryland": "MD", "mass": "MA", "massachusetts": "MA", "md": "MD",
	"me": "ME", "mh": "MH", "mi": "MI", "mich": "MI", "michigan": "MI", "micronesia": "FM", "minn": "MN", "minnesota": "MN", "mississippi": "MS",
	"missouri": "MO", "mn": "MN", "mo": "MO", "montana": "MT", "mp": "MP", "ms": "MS", "mt": "MT", "nc": "NC", "nd": "ND", "ne": "NE", "nebr": "NE",
	"nebraska": "NE", "nevada": "NV", "newhampshire": "NH", "newjersey": "NJ", "newmexico": "NM", "newyork": "NY", "nh": "NH", "nj": "NJ", "nm": "NM",
	"northcarolina": "NC", "northdakota": "ND", "northernmarianaislands": "MP", "nv": "NV", "ny": "NY", "oh": "OH", "ohio": "OH", "ok": "OK",
	"okla": "OK", "oklahoma": "OK", "or": "OR", "ore": "OR", "oregon": "OR", "pa": "PA", "palau": "PW", "penn": "PA", "penna": "PA",
	"pennsylvania": "PA", "pr": "PR", "puertorico": "PR", "pw": "PW", "rhodeisland": "RI", "ri": "RI", "sc": "SC", "sd": "SD", "southcarolina": "SC",
	"southdakota": "SD", "tenn": "TN", "tennessee": "TN", "tex": "TX", "texas": "TX", "tn": "TN", "tx": "TX", "usvirginislands": "VI", "ut": "UT",
	"utah": "UT", "va": "VA", "vermont": "VT", "vi": "VI", "virginia": "VA", "virginislands": "VI", "vt": "VT", "wa": "WA", "wash": "WA",
	"washdc": "DC", "washington": "WA", "washingtondc": "DC", "westvirginia": "WV", "wi": "WI", "wisc": "WI", "wisconsin": "WI", "wv": "WV", "wy": "WY",
	"wyo": "WY", "wyoming": "WY",
}
