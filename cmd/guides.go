package cmd

import (
	"errors"
	"io/fs"

	"chartlift/fhir/profile"
)

// openGuides reads the implementation guides that are named.
func openGuides(names []string) (*profile.Guide, error) {
	g := profile.New()
	for _, name := range names {
		switch err := g.AddPath(name); {
		case errors.Is(err, fs.ErrNotExist):
			return nil, refuse("no-such-file", "%s: there is no such implementation guide; name its package (.tgz), a folder or a .json file, or us-core for what comes along", name)
		case err != nil:
			return nil, refuse("bad-guide", "%w", err)
		}
	}
	if err := g.Check(); err != nil {
		return nil, refuse("bad-guide", "%w", err)
	}
	return g, nil
}

// findProfiles returns the canonical URLs of profiles that are named by URL or
// by id.
func findProfiles(g *profile.Guide, names []string) ([]string, error) {
	var urls []string
	for _, name := range names {
		p, err := g.Find(name)
		if err != nil {
			return nil, refuse("unknown-profile", "%s: no guide that is loaded defines this profile; load its guide by --ig", name)
		}
		urls = append(urls, p.URL+"|"+p.Version)
	}
	return urls, nil
}
