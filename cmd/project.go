package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"chartlift/fhir/profile"
	"chartlift/mappings"
)

// fromProject fills flags that neither the command line nor the environment
// gave from migration.yaml, if the project folder has one. Paths in it are
// relative to the folder.
func (s *settings) fromProject(c *cobra.Command) error {
	flags := c.Flags()
	if flags.Lookup("mapping") == nil { // the command reads no sources by a mapping
		return nil
	}
	dir := mappingFile{fs: os.DirFS(s.project), name: mappings.ProjectFile, dir: s.project}
	if _, err := fs.Stat(dir.fs, dir.name); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	p, findings := mappings.ReadProject(dir.fs, dir.name)
	if p == nil {
		dir.printFindings(s.streams.Err, findings)
		return &exitError{code: exitUsage, said: true}
	}
	var sources []string
	for _, source := range p.Sources {
		sources = append(sources, s.inProject(source))
	}
	fill := fillFlags{flags: flags}
	if !flags.Changed("mapping") { // params belong to the project's mapping
		fill.one("set", params(p.Params)...)
	}
	fill.one("mapping", s.projectMapping(p.Mapping)...)
	fill.one("source", sources...)
	fill.one("to", s.projectTarget(p.Target)...)
	for _, o := range p.Options {
		place := fmt.Sprintf("%s:%d", dir.shown(dir.name), o.Pos.Line)
		if slices.Contains([]string{"mapping", "source", "to", "set", "project", "yes"}, o.Name) {
			return usage("%s: %s is no option: write it as a key of its own, or give it on the command line", place, o.Name)
		}
		if !known(c, o.Name) {
			return usage("%s: no command has an option %q", place, o.Name)
		}
	}
	for _, name := range optionNames(p.Options) {
		fill.one(name, s.placed(name, optionValues(p.Options, name))...)
	}
	return fill.err
}

// placed takes the values of an option that names files relative to the
// project's folder.
func (s *settings) placed(name string, values []string) []string {
	if !isFile(name) {
		return values
	}
	for i, v := range values {
		if name != "ig" || !profile.BuiltIn(v) {
			values[i] = s.inProject(v)
		}
	}
	return values
}

// fillFlags sets flags that nobody gave. The first mistake is kept.
type fillFlags struct {
	flags *pflag.FlagSet
	err   error
}

func (f *fillFlags) one(name string, values ...string) {
	flag := f.flags.Lookup(name)
	if flag == nil || flag.Changed {
		return
	}
	for _, v := range values {
		if err := flag.Value.Set(v); err != nil && f.err == nil {
			f.err = &flagError{fmt.Errorf("%s: %s: %w", mappings.ProjectFile, name, err)}
		}
	}
}

// known reports whether any command has the flag: options of run do not trouble
// check.
func known(c *cobra.Command, name string) bool {
	return slices.ContainsFunc(c.Root().Commands(), func(c *cobra.Command) bool { return c.Flags().Lookup(name) != nil })
}

// isFile reports whether the option names a file, which stands relative to the
// project's folder there.
func isFile(option string) bool {
	return slices.Contains([]string{"token-file", "client-key", "client-secret-file", "cacert", "cert", "key", "ig", "bulk-folder"}, option)
}

func optionNames(options []mappings.Option) []string {
	var names []string
	for _, o := range options {
		if !slices.Contains(names, o.Name) {
			names = append(names, o.Name)
		}
	}
	return names
}

func optionValues(options []mappings.Option, name string) []string {
	var values []string
	for _, o := range options {
		if o.Name == name {
			values = append(values, o.Value)
		}
	}
	return values
}

// inProject returns a path of the project's file as seen from here.
func (s *settings) inProject(path string) string {
	if path == "-" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.project, path)
}

// projectMapping takes a file of the project before a shipped mapping of that
// name.
func (s *settings) projectMapping(name string) []string {
	if name == "" {
		return nil
	}
	if file := s.inProject(name); exists(file) {
		return []string{file}
	}
	return []string{name}
}

// projectTarget leaves addresses and sandbox: alone.
func (s *settings) projectTarget(target string) []string {
	switch {
	case target == "":
		return nil
	case strings.Contains(target, "://") || strings.HasPrefix(target, "sandbox"):
		return []string{target}
	case mistyped(target, s.project): // is refused as it was written
		return []string{target}
	}
	path := s.inProject(target)
	if !filepath.IsAbs(path) && mistyped(path, ".") { // written ./NAME, and the dot went
		path = "." + string(filepath.Separator) + path
	}
	return []string{path}
}

func params(set map[string]string) []string {
	var list []string
	for name, value := range set {
		list = append(list, name+"="+value)
	}
	sort.Strings(list)
	return list
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
