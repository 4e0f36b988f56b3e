package shards_test

import (
	"fmt"
	"os"

	"chartlift/internal/shards"
)

func ExampleRead() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	plan := &shards.Plan{Mapping: "clinic", Shards: make([]shards.Shard, 3)}
	if err := plan.Write(dir); err != nil {
		fmt.Println(err)
		return
	}
	again, err := shards.Read(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	missing, _, err := again.Missing(dir)
	fmt.Println(again.Mapping, missing, err)
	// Output: clinic [0 1 2 3] <nil>
}
