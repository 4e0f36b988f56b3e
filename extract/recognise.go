package extract

import (
	"context"
)

// Recognise returns the name of the first format of list that recognises the
// file at path, "" where none does. Errors are those of [Open].
func Recognise(ctx context.Context, list []Format, path string, o Options) (string, error) {
	in, err := openInput(ctx, path, o)
	if err != nil {
		return "", err
	}
	name := ""
	for _, f := range list {
		if len(in.Head) > 0 && !isTar(in.Head) && f.Sniff(in.Base, in.Head) {
			name = f.Name
			break
		}
	}
	return name, in.Close()
}
