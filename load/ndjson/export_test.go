package ndjson

import "os"

// WithCreate returns o with another way to create files, such as a full disk.
func (o Options) WithCreate(create func(path string) (*os.File, error)) Options {
	o.create = create
	return o
}
