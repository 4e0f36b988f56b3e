package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// clusterTest starts a cluster, and compares what it writes with what one
// process writes, byte by byte: see there what it needs.
const clusterTest = ".ci/e2e-flink"

// clusterName is Flink's name among the peers.
const clusterName = "flink"

// What the test of the cluster says of one process, and of the jobs: the first
// one loads classes, the second is judged.
var (
	saysOne = regexp.MustCompile(`(?m)^one process: ([0-9]+[.][0-9]) s, processor ([0-9]+[.][0-9]) s$`)
	saysJob = regexp.MustCompile(`(?m)^(cold|warm) job: plan ([0-9]+[.][0-9]) s, shards on Flink ([0-9]+[.][0-9]) s, merge ([0-9]+[.][0-9]) s, all ([0-9]+[.][0-9]) s; processor: ours ([0-9]+[.][0-9]) s, the cluster and what it started ([0-9]+[.][0-9]) s$`)
)

// clusterTurn is what one start of the cluster said, in seconds.
type clusterTurn struct {
	oneWall, oneCPU float64
	jobs            [2]clusterJob // the first, and the second
}

// clusterJob is a run on the cluster with its plan and its merge, in seconds.
// The processor time is of all processes, the cluster's among them.
type clusterJob struct{ plan, shards, merge, wall, cpu float64 }

// clustering measures shards that Flink hands to its workers by the pipeline
// for Apache Beam, against one process.
func clustering(ctx context.Context, a *arena, o options) (section, error) {
	if !slices.Contains(o.wanted(), clusterName) {
		return section{}, errNotAsked
	}
	turns := make([]clusterTurn, 0, o.runs)
	for i := range o.runs {
		fmt.Fprintf(os.Stderr, "round %d of %d: Flink\n", i+1, o.runs)
		turn, err := a.cluster(ctx)
		if err != nil {
			return section{}, err
		}
		turns = append(turns, turn)
	}
	return clusterSection(turns), nil
}

// cluster starts the cluster once.
func (a *arena) cluster(ctx context.Context) (clusterTurn, error) {
	data, err := filepath.Abs(a.data)
	if err != nil {
		return clusterTurn{}, fmt.Errorf("find data: %w", err)
	}
	c := exec.CommandContext(ctx, "sh", a.clusterTest)
	c.Env = append(os.Environ(), "CHARTLIFT="+a.tool, "ROWS="+strconv.Itoa(a.rows), "SHARDS="+strconv.Itoa(shardCount), "SOURCE="+data, "KILL=no", "NICE=")
	text, err := c.CombinedOutput()
	if err != nil {
		return clusterTurn{}, fmt.Errorf("%s: %w\n%s", a.clusterTest, err, text)
	}
	return readClusterTurn(string(text))
}

// readClusterTurn reads what the test of the cluster printed.
func readClusterTurn(text string) (t clusterTurn, err error) {
	one, jobs := saysOne.FindStringSubmatch(text), saysJob.FindAllStringSubmatch(text, -1)
	if one == nil || len(jobs) != 2 || jobs[0][1] != "cold" || jobs[1][1] != "warm" {
		return t, fmt.Errorf("%s says nothing of one process or two jobs:\n%s", clusterTest, text)
	}
	seconds := func(s string) float64 {
		v, _ := strconv.ParseFloat(s, 64) // which the patterns make sure of
		return v
	}
	t.oneWall, t.oneCPU = seconds(one[1]), seconds(one[2])
	for i, j := range jobs {
		t.jobs[i] = clusterJob{seconds(j[2]), seconds(j[3]), seconds(j[4]), seconds(j[5]), seconds(j[6]) + seconds(j[7])}
	}
	return t, nil
}

// clusterSection says what the turns took, by their medians; ratios are of one
// turn each.
func clusterSection(turns []clusterTurn) section {
	of := func(key func(t clusterTurn) float64) float64 {
		all := make([]float64, len(turns))
		for i, t := range turns {
			all[i] = key(t)
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	var b strings.Builder
	b.WriteString("Plan, 16 shards that Flink 1.19 hands to the workers of two task managers by the pipeline for Apache Beam, and merge; everything on this machine. The cluster is started anew for each turn. " +
		"The first job loads classes; the second is judged. Processor time is that of all processes, the cluster's among them. What each writes is equal to what one process writes, byte by byte.\n\n" +
		"| | wall s | CPU s | plan, wall s | shards, wall s | merge, wall s |\n|---|---:|---:|---:|---:|---:|\n")
	fmt.Fprintf(&b, "| one process | %.1f | %.1f | | | |\n", of(func(t clusterTurn) float64 { return t.oneWall }), of(func(t clusterTurn) float64 { return t.oneCPU }))
	for i, name := range []string{"first job", "second job"} {
		job := func(key func(j clusterJob) float64) float64 {
			return of(func(t clusterTurn) float64 { return key(t.jobs[i]) })
		}
		fmt.Fprintf(&b, "| %s | %.1f | %.1f | %.1f | %.1f | %.1f |\n", name, job(func(j clusterJob) float64 { return j.wall }), job(func(j clusterJob) float64 { return j.cpu }),
			job(func(j clusterJob) float64 { return j.plan }), job(func(j clusterJob) float64 { return j.shards }), job(func(j clusterJob) float64 { return j.merge }))
	}
	wall := of(func(t clusterTurn) float64 { return t.jobs[1].wall / t.oneWall })
	cpu := of(func(t clusterTurn) float64 { return t.jobs[1].cpu / t.oneCPU })
	fmt.Fprintf(&b, "\nThe second job takes %.1f times the wall time of one process and %.1f times its CPU time (goal: %s). What is started where, and from which size on it pays: [scale-out.md](scale-out.md).\n", wall, cpu, mustOf("20"))
	return section{b.String(), []figure{{goal: "20", value: wall, cpu: cpu}}}
}
