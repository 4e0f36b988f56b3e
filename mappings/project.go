package mappings

import (
	"io/fs"
	"strconv"

	"chartlift/internal/issue"
)

// ProjectFile is the name of a project's file.
const ProjectFile = "migration.yaml"

// Project is what a project's file says: what a command takes where neither a
// flag nor the environment says otherwise. Paths are as written, relative to
// the folder of the file.
type Project struct {
	Mapping string
	Sources []string
	Target  string
	Params  map[string]string
	Options []Option // other flags, in the order of the file
}

// Option is a flag by its name.
type Option struct {
	Name, Value string
	Pos         issue.Position
}

// ReadProject reads the project's file called name. The project is nil where a
// finding is an error.
func ReadProject(fsys fs.FS, name string) (*Project, []issue.Issue) {
	c := &compiler{file: name}
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		c.add("E0100", issue.Position{File: name}, "this project file cannot be read: "+pathCause(err))
		return nil, c.list
	}
	root := parse(name, text, &c.findings)
	if root == nil || !c.section(root, "project") {
		return nil, c.list
	}
	if v := root.get("chartlift"); c.text(v) != "1" {
		c.add("E0106", root.pos, "the project file needs chartlift: 1, the version of its language")
	}
	p := &Project{Mapping: c.text(root.get("mapping")), Sources: c.texts(root.get("sources")), Params: map[string]string{}}
	p.target(c, root.get("target"))
	c.each(root.get("params"), func(key, value *node) { p.Params[key.text] = c.text(value) })
	c.each(root.get("options"), func(key, value *node) { p.option(c, key, value) })
	for i, s := range p.Sources {
		if s == "" {
			c.add("E0105", root.get("sources").pos, "source "+strconv.Itoa(i+1)+" is empty; name a file or folder")
		}
	}
	if c.failed() {
		return nil, c.list
	}
	return p, c.list
}

// target reads the address, or a block of the address and the flags that belong
// to it.
func (p *Project) target(c *compiler, n *node) {
	if n == nil || n.kind != mapping {
		p.Target = c.text(n)
		return
	}
	c.each(n, func(key, value *node) {
		if key.text == "url" {
			p.Target = c.text(value)
			return
		}
		p.option(c, key, value)
	})
}

func (p *Project) option(c *compiler, key, value *node) {
	for _, v := range c.list2(value) {
		p.Options = append(p.Options, Option{Name: key.text, Value: c.text(v), Pos: key.pos})
	}
}
