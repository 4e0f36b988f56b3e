package plausible

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestMembersAndItemsAreFoundInAnyJSON(t *testing.T) {
	t.Parallel()
	text := []byte(` {"a" : "x\"y", "b\\":[1 ,"],}", {"c":[[]]} ,-2.5e3], "d":{},"e":true ,"f":null,"g":"\u0041\\"} `)
	got := map[string]string{}
	for _, m := range skim(text[1:], nil) {
		got[m.Name] = string(m.In(text[1:]))
	}
	for key, want := range map[string]string{"a": `"x\"y"`, `b\\`: `[1 ,"],}", {"c":[[]]} ,-2.5e3]`, "d": "{}", "e": "true", "f": "null", "g": `"\u0041\\"`} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
	if len(got) != 6 {
		t.Errorf("there are %d members: %q", len(got), got)
	}
	if s := raw(got["a"]).text() + raw(got["g"]).text() + raw(got["e"]).text(); s != `x"yA\` {
		t.Errorf("texts are %q", s)
	}
	var items []string
	for i := range raw(got[`b\\`]).items {
		items = append(items, string(i))
	}
	if s := strings.Join(items, "|"); s != `1|"],}"|{"c":[[]]}|-2.5e3` {
		t.Errorf("items are %q", s)
	}
}

func FuzzMembers(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"b":"c"}],"d":"\\\""}`, `{"a"`, `{"a":`, `[`, `{"a":"`, `{"a":1]}`, `{"a\":1}`, `"\`, `{"a":}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var truth map[string]json.RawMessage
		valid := json.Unmarshal(text, &truth) == nil && truth != nil
		found := map[string]raw{}
		trimmed := []byte(strings.TrimLeft(string(text), " \n\t\r"))
		for _, m := range skim(trimmed, nil) {
			value := raw(m.In(trimmed))
			for item := range value.items {
				_ = item.text()
			}
			found[raw(`"`+m.Name+`"`).text()] = value
		}
		if !valid {
			return // nothing is promised but that it ends
		}
		for key, want := range truth {
			if got := found[key]; string(got) != string(want) && strings.ToValidUTF8(key, "") == key {
				t.Errorf("%q is %q, want %q", key, got, want)
			}
		}
	})
}
