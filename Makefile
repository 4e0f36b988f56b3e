# Each target is one thing, the same here and in CI. `make demo` and `make test` need Go and a C compiler only.
GO      ?= go
BIN     := bin/chartlift
DEMO    := out/demo
TOOL    := $(GO) tool -modfile=internal/tools/go.mod
SHARED  ?= ../shared
SYNTHEA := $(SHARED)/data/synthea-ma

.PHONY: build demo test race lint fuzz cover generate bench bench-load bench-match guide e2e e2e-cluster e2e-flink test-beam accuracy agreement clean

build:
	$(GO) build -trimpath -ldflags '-s -w' -o $(BIN) ./cmd/chartlift

demo: build
	rm -rf $(DEMO)
	$(BIN) run --mapping testdata/demo/lakeside.yaml --source testdata/demo/legacy --to sandbox: --project $(DEMO) --fail-on never

test:
	$(GO) test ./...

race:
	$(GO) test -race ./...

lint:
	test -z "$$($(TOOL) gofumpt -l $$(git ls-files '*.go' | grep -v _gen.go))"
	$(GO) vet ./...
	GOOS=windows CGO_ENABLED=0 $(GO) vet ./internal/disk
	$(TOOL) staticcheck -checks all,-ST1000 ./...

fuzz:
	sh .ci/fuzz

cover:
	$(GO) test -coverprofile=out/cover.out ./... && $(GO) tool cover -func=out/cover.out | tail -1

generate:
	$(GO) generate ./fhir ./fhir/profile
	$(GO) test ./mappings ./transform/clean ./cmd -run 'Documentation|Markdown|Schema|Docs' -update

# Everything takes about an hour; PARTS=convert,memory measures these alone and leaves the rest of docs/benchmarks.md as it is. LARGE=100000000 adds a run over so many observations.
PARTS ?= all
LARGE ?= 0
bench:
	$(GO) run ./internal/bench -rows10m -large $(LARGE) -parts $(PARTS) -sets $(SHARED)/data
	$(if $(filter all,$(PARTS)),$(if $(wildcard $(SHARED)/data),$(GO) run ./internal/bench -validate $(SHARED)))

# Where chartlift spends its time, for the compiler (https://go.dev/doc/pgo): after work on what is done for each row. The file is committed; a build without it is right, and slower.
guide:
	rm -rf out/guide
	mkdir -p out/guide
	$(GO) build -trimpath -pgo off -o out/guide/bench ./internal/bench
	out/guide/bench guide out/guide cmd/chartlift/default.pgo
	rm -rf out/guide

# Matching beside Splink on Febrl and on made-up households, into docs/matching-measured.md; PEOPLE=800000 makes a million records.
PEOPLE  ?= 160000
bench-match:
	$(GO) run ./internal/bench -people $(PEOPLE)

# Delivery into HAPI beside the Medplum command line and simple loaders, into docs/load-measured.md.
bench-load:
	sh .ci/bench-load $(SHARED)/servers

e2e: build
	sh .ci/e2e full

# Clusters of Spark, and of Flink with the pipeline for Apache Beam, on loopback, one of whose workers is killed. The pipeline is a module of its own.
e2e-cluster: build
	sh .ci/e2e-cluster

e2e-flink: build
	sh .ci/e2e-flink

test-beam:
	cd cmd/chartlift-beam && $(GO) vet . && $(GO) test .

accuracy: build
	rm -rf out/accuracy
	$(BIN) run --mapping synthea-csv --source $(SYNTHEA)/csv --to out/accuracy/fhir --project out/accuracy --quiet
	$(GO) run ./internal/accuracy -truth $(SYNTHEA) -run out/accuracy/fhir
	$(GO) run ./internal/accuracy -suite ccda -shared $(SHARED) -doc docs/accuracy.md
	$(GO) run ./internal/accuracy -suite hl7v2 -shared $(SHARED) -doc docs/accuracy.md

agreement: build # the reference validator answers 50 resources a second; its answers are kept
	sh .ci/shipped $(SHARED) out/agreement/runs
	nice -n 15 $(GO) run ./internal/agreement -oracle $(abspath $(SHARED))/oracle/validate -shared $(SHARED) -runs out/agreement/runs -doc docs/agreement.md -out out/agreement.ndjson
	nice -n 15 $(GO) run ./internal/agreement -oracle $(abspath $(SHARED))/oracle/validate -shared $(SHARED) -ig $(SHARED)/data/fhir-r4/packages/hl7.fhir.us.core-6.1.0.tgz -doc docs/agreement-uscore.md -out out/agreement-uscore.ndjson
	nice -n 15 $(GO) run ./internal/agreement -suites -doc docs/agreement.md

clean:
	rm -rf bin out
