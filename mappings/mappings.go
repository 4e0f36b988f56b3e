// Package mappings is the mapping language: a YAML file whose keys are FHIR's
// JSON names, whose values are pipes of named cleaners, and whose conditions
// are SQL predicates. It turns the text into a checked [Program] or into
// findings with file, line and column. It knows no records.
//
// Read [Program] and [Rule] first.
//
//	prog, findings := mappings.Compile(os.DirFS("mapping"), "acme.yaml", mappings.Options{Cleaners: sigs})
package mappings

import (
	"time"

	"chartlift/fhir"
	"chartlift/fhir/profile"
	"chartlift/internal/issue"
	"chartlift/validate/plausible"
)

// Program is a checked mapping. It is immutable and safe for concurrent use.
type Program struct {
	File         string
	ID           string
	Version      string
	Title        string
	Site         string
	SHA256       string // of the mapping file and every crosswalk file it names
	Params       map[string]string
	Defaults     Defaults
	Sources      []*Source
	Views        []*Source // a view stands after those it reads
	Crosswalks   []*Crosswalk
	Maps         []*Map // a map stands after the maps it refers to, where that is possible
	Output       Output
	Plausibility map[string]plausible.Setting // by the name of the rule
	Tests        []*Test
	Notes        []issue.Issue  // what is worth knowing and no mistake
	Guide        *profile.Guide // the profiles that maps may name
	Match        *Match         // nil: records are not compared
}

// Defaults hold for every source and map that does not say otherwise.
type Defaults struct {
	Trim     bool
	Nulls    []string
	Location *time.Location
	Dates    []string
	Pivot    int
	Policy   Policies
	Limit    Limit
}

// Limit stops a run in which too many rows are rejected: more than Percent of
// the rows of a table, looked at once After rows were read. Percent 0: no
// limit.
type Limit struct {
	Percent float64
	After   int64
}

// Policy says what is done about one kind of trouble.
type Policy uint8

// The policies. Inherit means: what the next wider scope says.
const (
	Inherit Policy = iota
	OmitElement
	RejectResource
	RejectRow
	StopRun
	KeepText
	KeepSource
	UseCode
	Warn // of a check: say it, and keep everything
)

// Policies are the four kinds of trouble that a mapping can decide about.
type Policies struct {
	BadValue         Policy
	MissingColumn    Policy
	UnmappedCode     Policy
	MissingReference Policy
}

// Source is one table as the mapping declares it.
type Source struct {
	Name    string
	Pos     issue.Position
	Format  string // one of csv, xlsx, sql_dump, sqlite, hl7v2, ccda; view
	Path    string // pattern of the file's name; compression suffixes need not be named
	Read    ReadOptions
	Key     []string
	Dedupe  Dedupe
	Where   *Predicate
	Columns []ColumnDecl
	Nulls   []string // nil: the defaults'
	Trim    bool
	Rename  map[string]string // source's name → the mapping's name
	Policy  Policies          // of what the maps of its rows do not decide
	Limit   *Limit            // nil: the defaults'
	Uses    []ColumnUse       // every column that the mapping names, with the place that names it first
	Mapped  bool              // a map takes its rows; otherwise it only serves lookups or views
	View    *View             // nil: a table of a file
	ReadBy  []string          // views of use that read it: its rows are staged
	Total   *Total            // how many rows it has in the old system, nil where nobody said
}

// ReadOptions are what a source says of its file, as text; see extract.Options.
type ReadOptions struct {
	Encoding, Delimiter, Quote, Escape, Ragged, Sheet, Range, Table, Dialect, Hidden, Merged string
	Header, SkipAfter                                                                        int
}

// Dedupe merges rows of a source that have the same values in On. Keep is
// "first" or "last".
type Dedupe struct {
	On   []string
	Keep string
}

// ColumnDecl declares a column's type: string, date, datetime, integer,
// decimal, boolean or enum. A Required column must have a value in every row;
// an Optional one may be missing from the table.
type ColumnDecl struct {
	Name     string
	Type     string
	Enum     []string
	Required bool
	Optional bool
	Pos      issue.Position
}

// ColumnUse is the first place in the mapping that names a column; of those
// that demand it, if there are any. Lenient: every place does without it where
// the table lacks it.
type ColumnUse struct {
	Name     string
	Pos      issue.Position
	Optional bool
	Lenient  bool
	compared bool // it may be a text whose quotes were forgotten
}

// Map makes one resource of each row (or group of rows) of a source.
type Map struct {
	Name     string
	Pos      issue.Position
	From     *Source
	Resource string
	Profiles []string // canonical URLs for meta.profile
	ID       *Pipe    // nil: derived from the key
	Key      []string // columns; "_line" stands for the row itself
	Where    *Predicate
	Lookups  []*Lookup
	Group    []string // columns whose equal values make one resource of many rows
	Root     *Rule
	Policy   Policies
	Updated  *Pipe      // when the row was last changed; nil: not known
	Dedupe   *MapDedupe // nil: what tells the same as another is delivered, too
	Checks   []Check
	Refs     []*Map // the maps it refers to, itself included where it does
}

// LineKey is the key column that makes every row a resource of its own.
const LineKey = "_line"

// RowsAlias is the lookup alias under which a grouped map sees its rows.
const RowsAlias = "rows"

// Lookup joins rows of another source by equal values.
type Lookup struct {
	Alias string
	In    *Source
	On    []LookupKey
	Many  bool
	Pos   issue.Position
}

// LookupKey is one pair of a lookup's condition: the other table's column and
// the value it must equal.
type LookupKey struct {
	Column string
	Value  *Pipe
}

// Kind says how a rule makes its value.
type Kind uint8

// The kinds of a rule.
const (
	Const  Kind = iota // fixed text
	Text               // text with parts from the row
	PipeOf             // a pipe
	Object             // members
	ListOf             // several elements
	Each               // one element for every row of a lookup or group
	Cases              // the first case that holds
)

// Rule makes one element. Address names it in findings, policies and reports.
type Rule struct {
	Address string
	Name    string // JSON name, "" inside a list
	Pos     issue.Position
	Kind    Kind
	Type    string // FHIR type of one value
	Element *fhir.Element
	Const   string
	Parts   []Part
	Pipe    *Pipe
	Rules   []*Rule // members in FHIR's order, or list entries
	Each    *EachRows
	Cases   []Case
	When    *Predicate
	Keep    bool
	Policy  Policies
	Fed     bool  // depends on the row
	Checks  []int // places in Map.Checks of those that leave it out where they fail
	// Shadow: the rule repeats the pipe of another, which reports its trouble.
	Shadow bool
	// Contested: another branch of the same choice may be live in the same row,
	// and the engine must look.
	Contested bool
}

// Case is one branch of a case rule; When is nil for else, Then for nothing.
type Case struct {
	When *Predicate
	Then *Rule
}

// EachRows makes one element of every row of Alias, or of every group of its
// rows with equal By.
type EachRows struct {
	Alias string
	By    []string
	Item  *Rule
	Among bool // the elements stand among others in a list that the mapping writes out
}

// Part is a piece of interpolated text: a constant, or an operand of the row.
type Part struct {
	Const   string
	Operand *Operand
}

// Operand is a value of the row: a column of the table, of a lookup alias, or
// one of the row's own facts (Meta: file, table, row, line).
type Operand struct {
	Alias  string
	Column string
	Meta   string
	Pos    issue.Position
}

// Pipe is a start and the stages behind it. Start is nil where the first stage
// makes a value by itself.
type Pipe struct {
	Text   string
	Pos    issue.Position
	Start  *Operand
	Const  string // start of the pipe where Start is nil and Ref is nil
	Ref    *Ref
	Stages []Stage
	Type   string
}

// Ref is a reference to the resource that a map makes of a row with this key.
type Ref struct {
	Map      *Map
	Keys     []*Pipe
	Optional bool
}

// StageKind says who runs a stage.
type StageKind uint8

// The kinds of a stage. CleanStage is a cleaner; the others need a crosswalk or
// make a concept's text.
const (
	CleanStage StageKind = iota
	CodeStage
	CodingStage
	ConceptStage
	TextStage
)

// Stage is one step of a pipe.
type Stage struct {
	Kind      StageKind
	Name      string
	Args      []StageArg
	Crosswalk *Crosswalk
	Type      string // of what comes out
	Pos       issue.Position
}

// StageArg is an argument: a word, a pair (Pair set) or a value of the row.
type StageArg struct {
	Text    string
	Pair    string
	IsPair  bool
	Operand *Operand
}

// Options are what Compile needs to know from outside.
type Options struct {
	Cleaners []Signature
	Set      map[string]string // params given on the command line
	Guide    *profile.Guide    // of the guides named on the command line; those that the mapping names are added to it. nil: R4's own
}

// Signature is what the language knows of a cleaner.
type Signature struct {
	Name   string
	In     []string // accepted types; "*" any primitive
	Out    string   // "=": the type that came in
	Params []ParamSpec
	Check  func(args []StageArg) error // nil, or what is wrong with the arguments
}

// ParamSpec describes one argument of a cleaner.
type ParamSpec struct {
	Name     string
	Column   bool // may be $COLUMN
	Word     bool // may be a word
	Pair     bool // is KEY=VALUE
	Optional bool
	Variadic bool
}
