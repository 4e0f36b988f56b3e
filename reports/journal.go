package reports

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/zeebo/xxh3"
)

// Delivery says where a run delivers to.
type Delivery struct {
	Target  string // base address, absolute folder, or sandbox:
	Files   bool   // nothing is there before Delivered
	Scope   string // mapping and site: what the resources of a target are told apart by
	Resumes string // the run that this one goes on with, sends again or takes back, "" for none
}

// Sum tells contents of one resource apart: XXH3 with 128 bits of its JSON as
// it was made. It is no proof against somebody who forges; what is signed is
// SHA-256, see [Output].
type Sum [16]byte

// SumOf returns the sum of a resource's JSON.
func SumOf(resource []byte) Sum { return xxh3.Hash128(resource).Bytes() }

// SameContent reports whether sum was made of this resource's JSON, by this
// version or by one before XXH3: those wrote down the first 16 bytes of
// SHA-256. Nothing tells the two apart, so both are tried, the quick one first.
func SameContent(sum Sum, resource []byte) bool {
	if sum == SumOf(resource) {
		return true
	}
	old := sha256.Sum256(resource)
	return sum == Sum(old[:len(sum)])
}

// Fate is what became of a resource at its target. In the journal it is one
// letter.
type Fate byte

// The fates. A server that answers 200 to a PUT does not tell whether it
// changed anything: that is Updated.
const (
	Sent      Fate = 's' // on its way: an answer was never seen
	Created   Fate = 'c'
	Updated   Fate = 'u'
	Unchanged Fate = 'n' // the answer has the version that was there before
	Dead      Fate = 'x' // refused
	Deleted   Fate = 'd' // by undo
	Restored  Fate = 'r' // by undo: an earlier version stands again
	Retired   Fate = 'e' // marked entered-in-error, as its row vanished
)

// Delivered is one resource in the journal.
type Delivered struct {
	Type, ID string
	Sum      Sum
	Fate     Fate
	Version  string // the server's version id, "" where it has none
	ServerID string // the id that the server gave it, "" where it is ours
}

// AppendJSON appends d as the journal keeps it: [type, id, sum, fate, version],
// and the server's id where it has one.
func (d Delivered) AppendJSON(to []byte) []byte {
	to = append(to, '[')
	to = appendQuoted(to, d.Type)
	to = appendQuoted(append(to, ','), d.ID)
	to = append(to, ',', '"')
	to = hex.AppendEncode(to, d.Sum[:])
	to = append(to, '"', ',', '"', byte(d.Fate), '"', ',')
	to = appendQuoted(to, d.Version)
	if d.ServerID != "" {
		to = appendQuoted(append(to, ','), d.ServerID)
	}
	return append(to, ']')
}

// appendQuoted writes types, ids and versions. They need no escapes; what a
// server calls a version may.
func appendQuoted(to []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			quoted, _ := json.Marshal(s) // a string always can be
			return append(to, quoted...)
		}
	}
	return append(append(append(to, '"'), s...), '"')
}

// Bundle is one bundle in the journal.
type Bundle struct {
	Run       string
	Seq       int64
	Acked     bool // the answer is known
	Repeated  bool // it took several requests: what was created by one whose answer was lost was there when the next came
	At        time.Time
	Resources []Delivered
}

// journalLine is a bundle on its way into the database.
type journalLine struct {
	storedLine
	seq   int64
	acked bool
	at    time.Time
}

// Deliver makes known where the run delivers to. It returns when that is
// written, and is called once, before Journal.
func (r *Recorder) Deliver(d Delivery) error {
	kind := "server"
	if d.Files {
		kind = "files"
	}
	resumes := sql.NullString{String: d.Resumes, Valid: d.Resumes != ""}
	return r.change("record target", func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO delivery (run_id, target, kind, scope, resumes) VALUES (?, ?, ?, ?, ?)", r.id, d.Target, kind, d.Scope, resumes)
		return err
	})
}

// Complete says that everything was delivered, and files have their names.
func (r *Recorder) Complete() error {
	return r.change("record delivery", func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE delivery SET complete = 1 WHERE run_id = ?", r.id)
		return err
	})
}

// Seal writes down the hash of what the sink left behind.
func (r *Recorder) Seal(o Output) error {
	return r.change("record output", func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE delivery SET output_sha256 = ?, output_resources = ? WHERE run_id = ?", o.SHA256, o.Resources, r.id)
		return err
	})
}

// Undone says that the run took back all of an earlier one.
func (r *Recorder) Undone(run string) error {
	return r.change("record undo", func(tx *sql.Tx) error {
		if _, err := tx.Exec("UPDATE delivery SET undone_by = ? WHERE run_id = ?", r.id, run); err != nil {
			return err
		}
		return appendAudit(tx, auditEntry{run, r.info.Actor, "undo", "taken back by " + r.id})
	})
}

// Chain returns a run with those that it went on with, and with the retry and
// undo of any of them, the latest first.
func (db *DB) Chain(ctx context.Context, run string) ([]string, error) {
	var chain []string
	err := db.each(ctx, `WITH RECURSIVE older (id) AS (
			SELECT ?1 UNION SELECT resumes FROM delivery JOIN older ON run_id = id WHERE resumes IS NOT NULL)
		SELECT run_id FROM run JOIN delivery USING (run_id)
		WHERE run_id IN older OR command IN ('retry', 'undo') AND resumes IN older ORDER BY run_no DESC`, []any{run}, func(scan scanner) error {
		var id string
		err := scan(&id)
		chain = append(chain, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read runs that belong together: %w", err)
	}
	return chain, nil
}

// Restored returns the versions that undo put back on the target of runs, by
// reference, where that was the last word on the resource.
func (db *DB) Restored(ctx context.Context, runs []string) (map[string]string, error) {
	found := map[string]string{}
	if len(runs) == 0 {
		return found, nil
	}
	err := db.each(ctx, `SELECT resources, packed FROM journal JOIN delivery USING (run_id)
		WHERE target = (SELECT target FROM delivery WHERE run_id = ?) AND resources LIKE '%","r","%' ORDER BY journal_id`, []any{runs[0]}, func(scan scanner) error {
		var line storedLine
		if err := scan(&line.resources, &line.packed); err != nil {
			return err
		}
		all, err := line.delivered()
		for _, d := range all {
			if d.Fate == Restored {
				found[d.Type+"/"+d.ID] = d.Version // a version is never given twice: what came after has another
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what was put back: %w", err)
	}
	return found, nil
}

// change does something in a transaction of its own, after what was recorded
// before.
func (r *Recorder) change(what string, do func(*sql.Tx) error) error {
	if err := r.Await(); err != nil {
		return err
	}
	return r.now(what, do)
}

// Journal writes down a bundle: before it is sent (acked false, fates Sent),
// and again with its answers, which take the place of what was there. It does
// not wait; see Await.
func (r *Recorder) Journal(seq int64, acked bool, resources []Delivered) {
	if r.info.Options.Discard {
		return
	}
	stored, ok := pack(resources)
	if !ok {
		stored = storedLine{resources: listed(resources)}
	}
	line := journalLine{stored, seq, acked, time.Now()}
	r.add(func(b *batch) {
		b.journal = append(b.journal, line)
		b.things += 1 + len(resources)/10 // a line is long: about as much work as ten short ones
	})
}

// listed is the line of a bundle in JSON.
func listed(resources []Delivered) string {
	text := make([]byte, 0, 2+len(resources)*96)
	text = append(text, '[')
	for i, d := range resources {
		if i > 0 {
			text = append(text, ',')
		}
		text = d.AppendJSON(text)
	}
	return string(append(text, ']'))
}

// Await returns when everything that was recorded before is in the database, or
// with the writer's error.
func (r *Recorder) Await() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for want := r.calls; r.err == nil && r.written < want; {
		select {
		case r.wake <- struct{}{}:
		default:
		}
		r.room.Wait()
	}
	return r.err
}

// reached says how many calls are in the database.
func (r *Recorder) reached(calls int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.written = max(r.written, calls)
	r.room.Broadcast()
}

func (r *Recorder) writeJournal(tx *sql.Tx, lines []journalLine) error {
	rows := make([][]any, len(lines))
	for i, l := range lines {
		state := "sent"
		if l.acked {
			state = "acked"
		}
		rows[i] = []any{nil, r.id, l.seq, state, stamp(l.at), l.resources, l.packed}
	}
	return insert(tx, "INSERT INTO journal VALUES", rows, " ON CONFLICT DO UPDATE SET state = excluded.state, resources = excluded.resources, packed = excluded.packed")
}

// DeliveryOf returns where a run delivered to, and whether it came to its end.
// ErrNoDelivery says that it delivered nothing.
func (db *DB) DeliveryOf(ctx context.Context, run string) (Delivery, bool, error) {
	var d Delivery
	var complete bool
	err := db.sql.QueryRowContext(ctx, "SELECT target, kind = 'files', scope, coalesce(resumes, ''), complete FROM delivery WHERE run_id = ?", run).
		Scan(&d.Target, &d.Files, &d.Scope, &d.Resumes, &complete)
	if errors.Is(err, sql.ErrNoRows) {
		return d, false, fmt.Errorf("%w: %s", ErrNoDelivery, run)
	}
	if err != nil {
		return d, false, fmt.Errorf("read delivery: %w", err)
	}
	return d, complete, nil
}

// Bundles hands out the bundles of a run, the last one first, so that what
// refers to others comes before them.
func (db *DB) Bundles(ctx context.Context, run string, each func(Bundle) error) error {
	err := db.each(ctx, `SELECT j.run_id, j.seq, state = 'acked', coalesce(attempts, 1) > 1, at, resources, packed FROM journal j
		LEFT JOIN unit u ON u.run_id = j.run_id AND u.seq = j.seq WHERE j.run_id = ? ORDER BY j.seq DESC`, []any{run}, func(scan scanner) error {
		var b Bundle
		var at string
		var line storedLine
		if err := scan(&b.Run, &b.Seq, &b.Acked, &b.Repeated, &at, &line.resources, &line.packed); err != nil {
			return err
		}
		var err error
		if b.At, err = time.Parse(timeFormat, at); err != nil {
			return err
		}
		if b.Resources, err = line.delivered(); err != nil {
			return fmt.Errorf("bundle %d of %s: %w", b.Seq, run, err)
		}
		return each(b)
	})
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	return nil
}

// readDelivered reads a line of the journal in JSON. Lines are long and many:
// they are cut at their quotes, eight times as quickly as JSON is decoded,
// unless a server's version has signs in it that only JSON tells apart.
func readDelivered(text string) ([]Delivered, error) {
	if out, err := cutDelivered(text); err == nil {
		return out, nil
	}
	var lists [][]string
	if err := json.Unmarshal([]byte(text), &lists); err != nil {
		return nil, err
	}
	out := make([]Delivered, len(lists))
	for i, l := range lists {
		if err := out[i].read(l); err != nil {
			return nil, fmt.Errorf("resource %d: %w", i+1, err)
		}
	}
	return out, nil
}

// cutDelivered reads a line without escapes.
func cutDelivered(text string) ([]Delivered, error) {
	inner, ok := strings.CutPrefix(text, "[[")
	inner, whole := strings.CutSuffix(inner, "]]")
	if !ok || !whole || strings.Contains(text, `\`) {
		return nil, errLine
	}
	out := make([]Delivered, 0, strings.Count(inner, "],[")+1)
	var words [6]string
	for one := range strings.SplitSeq(inner, "],[") {
		l, err := quotedWords(one, words[:0])
		if err != nil {
			return nil, err
		}
		var d Delivered
		if err := d.read(l); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// errLine says that somebody else wrote in the journal.
var errLine = errors.New("it is not written as the journal writes")

// quotedWords cuts "a","b" at its quotes.
func quotedWords(text string, into []string) ([]string, error) {
	for {
		if len(text) < 2 || text[0] != '"' || len(into) == cap(into) {
			return nil, errLine
		}
		end := strings.IndexByte(text[1:], '"')
		if end < 0 {
			return nil, errLine
		}
		into = append(into, text[1:1+end])
		if text = text[end+2:]; text == "" {
			return into, nil
		}
		if text[0] != ',' {
			return nil, errLine
		}
		text = text[1:]
	}
}

// read takes the words of one resource.
func (d *Delivered) read(l []string) error {
	if len(l) < 5 || len(l[3]) != 1 || len(l[2]) != 2*len(d.Sum) {
		return errLine
	}
	d.Type, d.ID, d.Fate, d.Version = l[0], l[1], Fate(l[3][0]), l[4]
	if len(l) > 5 {
		d.ServerID = l[5]
	}
	_, err := hex.Decode(d.Sum[:], []byte(l[2]))
	return err
}
