package terms

import (
	"slices"
	"strings"

	"golang.org/x/text/language"

	"chartlift/fhir/ucum"
)

// The systems whose codes are checked by rule.
const (
	UCUM      = "http://unitsofmeasure.org"
	Languages = "urn:ietf:bcp:47"
	MediaType = "urn:ietf:bcp:13"
	Countries = "urn:iso:std:iso:3166"
	Currency  = "urn:iso:std:iso:4217"
)

func byRule(system, code string) Verdict {
	switch system {
	case UCUM:
		return verdict(ucum.Valid(code))
	case Languages:
		return verdict(Language(code))
	case Countries:
		return verdict(Country(code))
	case Currency:
		return verdict(IsCurrency(code))
	case MediaType:
		return verdict(IsMediaType(code))
	}
	return Unknown
}

// Language reports whether the code is a language tag of BCP 47 whose parts are
// registered.
func Language(code string) bool {
	if strings.ContainsRune(code, '_') || strings.EqualFold(code, "root") { // the package below takes the locales of POSIX and of CLDR as well
		return false
	}
	_, err := language.Parse(code)
	return err == nil
}

// Country reports whether the code is one of ISO 3166-1: two or three capital
// letters, or three digits.
func Country(code string) bool {
	if len(code) < 2 || len(code) == 2 && strings.Contains(reservedCountries, code) || len(code) < 3 && code[0] <= '9' {
		return false
	}
	r, err := language.ParseRegion(code)
	return err == nil && r.IsCountry() && strings.ToUpper(code) == code
}

// reservedCountries are kept out of ISO 3166-1 for use elsewhere, as the UK of
// number plates, whose code is GB; the package below takes them.
const reservedCountries = "AC CP DG EA EU EZ IC TA UK UN"

// IsCurrency reports whether the code is one of ISO 4217.
func IsCurrency(code string) bool {
	_, found := slices.BinarySearch(strings.Fields(currencies), code)
	return found && len(code) == 3
}

// currencies are the codes of ISO 4217, sorted: those of R4's publication and
// those that came later.
const currencies = `AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK
DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GGP GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS IMP INR IQD IRR ISK JEP JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT
LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF
SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SPL SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TVD TWD TZS UAH UGX USD USN UYI UYU UZS VED VEF VES VND VUV WST
XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWD ZWG ZWL`

// IsMediaType reports whether the code has the form of a media type:
// type/subtype with parameters (RFC 6838).
func IsMediaType(code string) bool {
	name, parameters, has := strings.Cut(code, ";")
	top, sub, ok := strings.Cut(strings.TrimSpace(name), "/")
	if !ok || !isToken(top) || !isToken(sub) {
		return false
	}
	for has {
		var one string
		one, parameters, has = strings.Cut(parameters, ";")
		key, _, ok := strings.Cut(strings.TrimSpace(one), "=")
		if !ok || !isToken(key) {
			return false
		}
	}
	return true
}

// isToken checks a token of RFC 2045.
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?=`, s[i]) >= 0 {
			return false
		}
	}
	return s != ""
}
