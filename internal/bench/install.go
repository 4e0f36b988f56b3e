package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// install puts the peer's packages into a virtual environment in the cache and
// returns its Python and the versions.
func (a *arena) install(ctx context.Context, p peer) (python, version string, err error) {
	venv := filepath.Join(a.cache, "venv-"+p.name)
	python = filepath.Join(venv, "bin", "python")
	if _, err := os.Stat(python); err != nil {
		if text, err := exec.CommandContext(ctx, "python3", "-m", "venv", venv).CombinedOutput(); err != nil {
			return "", "", fmt.Errorf("make virtual environment: %w\n%s", err, text)
		}
	}
	args := []string{"-m", "pip", "install", "--quiet", "--disable-pip-version-check"}
	if p.alone {
		args = append(args, "--no-deps")
	}
	args = append(args, p.packages...)
	if text, err := exec.CommandContext(ctx, python, args...).CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("install packages: %w\n%s", err, text)
	}
	names := make([]string, 0, len(p.packages))
	for _, name := range p.packages {
		text, err := exec.CommandContext(ctx, python, "-c", "import importlib.metadata as m; print(m.version('"+name+"'))").Output()
		if err != nil {
			return "", "", fmt.Errorf("ask for version: %w", err)
		}
		names = append(names, name+" "+strings.TrimSpace(string(text)))
	}
	return python, strings.Join(names, ", "), nil
}

// preparePython takes the Python that is there, without packages.
func preparePython(ctx context.Context, _ *arena) ([]string, string, error) {
	version, err := firstLine(ctx, "python3", "--version")
	return []string{"python3"}, version, err
}

// prepareMiller takes the Miller that is there: a package of Debian's, which
// this program does not install.
func prepareMiller(ctx context.Context, _ *arena) ([]string, string, error) {
	version, err := firstLine(ctx, "mlr", "--version")
	if err != nil {
		err = fmt.Errorf("%w (apt-get install miller)", err)
	}
	return []string{"sh"}, strings.Replace(version, "mlr", "Miller", 1), err
}

// prepareGo builds the program that is written with maps.
func prepareGo(ctx context.Context, a *arena) ([]string, string, error) {
	program := filepath.Join(a.cache, "go-maps")
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", program, a.script("naive.go")).CombinedOutput(); err != nil {
		return nil, "", fmt.Errorf("build: %w\n%s", err, text)
	}
	version, err := firstLine(ctx, "go", "env", "GOVERSION")
	return []string{program}, version, err
}

// prepareJSONata installs the packages from npm and puts the script beside
// them, where Node.js finds them.
func prepareJSONata(ctx context.Context, a *arena) ([]string, string, error) {
	dir := filepath.Join(a.cache, "npm-jsonata")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, "", err
	}
	install := exec.CommandContext(ctx, "npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", dir, "jsonata@2", "csv-parse@7")
	if text, err := install.CombinedOutput(); err != nil {
		return nil, "", fmt.Errorf("install packages: %w\n%s", err, text)
	}
	script, err := os.ReadFile(a.script("jsonata_run.mjs"))
	if err != nil {
		return nil, "", err
	}
	program := filepath.Join(dir, "jsonata_run.mjs")
	if err := os.WriteFile(program, script, 0o600); err != nil {
		return nil, "", err
	}
	version, err := firstLine(ctx, "node", "-p", "'jsonata ' + require('"+dir+"/node_modules/jsonata/package.json').version + ', Node.js ' + process.version")
	return []string{"node", program}, version, err
}

// prepareHAPI has Maven fetch HAPI FHIR and compiles the program that runs its
// mapping engine.
func prepareHAPI(ctx context.Context, a *arena) ([]string, string, error) {
	dir := filepath.Join(a.cache, "maven-structuremap")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, "", err
	}
	list := filepath.Join(dir, "classpath")
	if text, err := exec.CommandContext(ctx, "mvn", "-q", "-B", "-f", a.script("hapi/pom.xml"), "dependency:build-classpath", "-Dmdep.outputFile="+list).CombinedOutput(); err != nil {
		return nil, "", fmt.Errorf("fetch libraries: %w\n%s", err, text)
	}
	libraries, err := os.ReadFile(list)
	if err != nil {
		return nil, "", err
	}
	if text, err := exec.CommandContext(ctx, "javac", "-nowarn", "-d", dir, "-cp", string(libraries), a.script("hapi/StructureMaps.java")).CombinedOutput(); err != nil {
		return nil, "", fmt.Errorf("compile: %w\n%s", err, text)
	}
	java, err := firstLine(ctx, "java", "--version")
	return []string{"java", "-Xmx1g", "-cp", dir + ":" + string(libraries), "StructureMaps"}, hapiVersion(libraries) + java, err
}

// hapiVersion reads the version of HAPI FHIR out of a class path.
func hapiVersion(classPath []byte) string {
	_, rest, found := bytes.Cut(classPath, []byte("hapi-fhir-base-"))
	version, _, end := bytes.Cut(rest, []byte(".jar"))
	if !found || !end {
		return ""
	}
	return "HAPI FHIR " + string(version) + ", "
}

// firstLine is the first line that a program prints.
func firstLine(ctx context.Context, program string, args ...string) (string, error) {
	text, err := exec.CommandContext(ctx, program, args...).Output()
	line, _, _ := bytes.Cut(text, []byte("\n"))
	if err == nil && len(bytes.TrimSpace(line)) == 0 {
		err = errors.New("it prints no version")
	}
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", program, err)
	}
	return string(bytes.TrimSpace(line)), nil
}
