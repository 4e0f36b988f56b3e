package cmd_test

import (
	"testing"

	"chartlift/cmd"
)

func TestTheReportWritesTheCommandAsSomebodyWouldTypeIt(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ command, args, want string }{
		{
			"run", `{"mapping":"bahmni","sources":["/data/a b.sql","/data/o'k.sql"],"flags":{"to":["sandbox:"],"accept":["rows-rejected=1%"]}}`,
			`chartlift run --mapping=bahmni --accept=rows-rejected=1% --to=sandbox: '--source=/data/a b.sql' '--source=/data/o'\''k.sql'`,
		},
		{ // as earlier versions wrote it
			"run", `{"sources":["/data"],"flags":{"accept":["[resources-refused=3,rows-rejected=50%]"]}}`,
			`chartlift run --accept=resources-refused=3,rows-rejected=50% --source=/data`,
		},
		{ // a value with commas and an equals sign would be taken for several
			"run", `{"sources":["/data"],"set":{"tags":"a=1,b=\"2\"","site":"x, y","plain":"z=1"}}`,
			`chartlift run --set=plain=z=1 '--set=site=x, y' '--set="tags=a=1,b=""2"""' --source=/data`,
		},
		{"load", `{"sources":["/data/out"],"flags":{"to":["https://fhir.example.org/r4"]}}`, "chartlift load --to=https://fhir.example.org/r4 /data/out"},
		{"retry", "", "retry"},
		{"run", "--mapping x", "run --mapping x"},
	} {
		if got := cmd.Typed(row.command, row.args); got != row.want {
			t.Errorf("%s %s:\ngot  %s\nwant %s", row.command, row.args, got, row.want)
		}
	}
}
