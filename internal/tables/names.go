package tables

import (
	"path/filepath"
	"strings"
)

// shortNames returns, for files that share their name with another one, the
// shortest end of the path by which they differ: "north/patients.csv" and
// "south/patients.csv". The run database knows files by these names, so they
// must differ, and must not depend on the folder that chartlift is started in.
func shortNames(files []string) map[string]string {
	names := map[string]string{}
	same := files
	for parts := 1; len(same) > 1; parts++ {
		byName := map[string][]string{}
		for _, f := range same {
			name := pathEnd(f, parts)
			byName[name] = append(byName[name], f)
		}
		same = nil
		for name, list := range byName {
			if len(list) > 1 && name != pathEnd(list[0], parts+1) {
				same = append(same, list...)
			} else if parts > 1 {
				names[list[0]] = name
			}
		}
	}
	return names
}

// pathEnd returns the last parts of the absolute path, and the whole member of
// an archive.
func pathEnd(path string, parts int) string {
	file, member, inside := strings.Cut(path, "!")
	all := strings.Split(filepath.ToSlash(Absolute(file)), "/")
	name := strings.Join(all[max(0, len(all)-parts):], "/")
	if inside {
		name += "!" + member
	}
	return name
}
