package matrix_test

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/matrix"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// TestMain lets more cells run at a time than there are processors: some only wait for a timeout. Like the program, it
// silences the standard logger, to which net/http writes what a server sends unasked.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == fmt.Sprint(flag.Lookup("test.parallel").DefValue) {
		if err := flag.Set("test.parallel", "64"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// TestMatrix provokes every cell and compares what happens with what the rules expect.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for _, cell := range matrix.Cells() {
		t.Run(cell.String(), func(t *testing.T) {
			t.Parallel()
			for try := 1; ; try++ {
				w := newWorld(t, cell)
				w.playInTurn(matrix.Expect(cell), try > 1)
				if len(w.wrong) > 0 && try < 3 { // perhaps only because the others kept the machine busy
					t.Logf("judged again, alone: %s", strings.Join(w.wrong, "\n"))
					continue
				}
				for _, wrong := range w.wrong {
					t.Error(wrong)
				}
				return
			}
		})
	}
}

// turns are for the cells that do not wait: more at a time would only make each other late.
var turns = make(chan struct{}, 2*runtime.GOMAXPROCS(0))

// company is held for reading by cells that are played beside others, and for writing by one that is played alone: most
// waits are as short as they can be, and a cell that came to another end on a busy machine is judged on a quiet one.
var company sync.RWMutex

func (w *world) playInTurn(want matrix.Outcome, alone bool) {
	if alone {
		company.Lock()
		defer company.Unlock()
		w.play(want)
		return
	}
	company.RLock()
	defer company.RUnlock()
	if !w.cell.Fault.Slow {
		turns <- struct{}{}
		defer func() { <-turns }()
	}
	w.play(want)
}

// play is the life of one block, with the fault at its place in it.
func (w *world) play(want matrix.Outcome) {
	defer w.searchForLeaks()
	w.startIdentityService()
	if w.cell.Grant == matrix.Stored {
		w.storeGrant()
	}
	r := w.newRun()
	if !w.cell.InClose() {
		w.arm()
	}
	_, _ = r.block(w.cell.Grant) // which may take a request of its own
	before := w.asked()
	got := r.open(w.cell.Grant)
	end, text := got.end, got.text
	asked := w.asked() - before
	if w.cell.InClose() && end != matrix.Works { // on a busy machine, where the fault is one of time
		w.errorf("open: %s", text)
		w.endProcess(r)
		return
	}
	if got.end != matrix.Fails && w.cell.Grant != matrix.OAuthData {
		w.checkToken(got)
		if w.cell.InClose() {
			w.arm()
			before = w.asked()
		} else {
			w.disarm()
		}
		closed, said := r.close(got.private)
		if w.cell.InClose() {
			end, text, asked = closed, said, w.asked()-before
		} else if closed != matrix.Works {
			w.errorf("close: %s", said)
		}
	}
	w.compare(want, end, text, asked)
	w.checkLogons(r, end)
	w.endProcess(r)
	w.checkLedger(want, end)
	w.checkNextRun(want)
}

// storeGrant is a run before, which leaves a grant in the store whose token has expired by now.
func (w *world) storeGrant() {
	w.t.Helper()
	whole := w.cell
	w.cell.Fault = matrix.Fault{}
	r := w.newRun()
	got := r.open(matrix.Stored)
	if got.end == matrix.Fails {
		w.t.Fatal(got.text)
	}
	if end, text := r.close(got.private); end != matrix.Works {
		w.t.Fatal(text)
	}
	w.endProcess(r)
	w.fake.Advance(fakevedauth.DefaultAccessTTL + time.Hour)
	w.cell = whole
}

// arm puts the fault in place.
func (w *world) arm() {
	w.t.Helper()
	c := w.cell
	if c.Call == matrix.Renew {
		w.fake.Advance(fakevedauth.DefaultAccessTTL + time.Hour)
		if c.Fault.Row.Class == refusal.Grant { // then that is so
			w.revokeAll()
		}
	}
	if c.Call == matrix.Recheck { // the first revocation is carried out, and nobody learns of it
		w.fake.Inject(refusal.Revoke, fakevedauth.Once(fakevedauth.Reset().AfterCommit()))
	}
	switch {
	case c.Call == matrix.Logon: // startRealm has
	case c.Call == matrix.Keep:
		w.spoilStore()
	case c.Fault.HTTP == nil:
		w.armWire()
	case c.Call == matrix.Identity: // startIdentityService has
	default:
		w.fake.Inject(c.Endpoint(), plan(c.Fault, c.Fault.HTTP(w.release)))
	}
}

func plan(f matrix.Fault, fault fakevedauth.Fault) fakevedauth.Plan {
	if f.Once {
		return fakevedauth.Once(fault)
	}
	return fakevedauth.Always(fault)
}

// armWire spoils connections, from the one on that carries the call.
func (w *world) armWire() {
	n := -1
	if w.cell.Fault.Once {
		n = 1
	}
	spoil := func() { w.gate.spoil(w.cell.Fault.Wire, n) }
	switch before := predecessor(w.cell.Call); {
	case w.cell.Fault.Wire == matrix.NobodyListens:
	case w.cell.Call == matrix.Poll:
		w.onStart = spoil
	case before == "":
		w.gate.hangUp()
		spoil()
	default:
		answers := 0
		w.fake.Inject(before, fakevedauth.When(func(fakevedauth.Request) bool {
			// The revocation is sent twice before anything is looked at.
			if answers++; w.cell.Call != matrix.Recheck || answers == 1 {
				spoil()
			}
			return true
		}, fakevedauth.Always(fakevedauth.Closing())))
	}
}

// disarm takes all faults away.
func (w *world) disarm() {
	w.onStart = nil
	w.fake.ClearFaults()
	w.gate.spoil(matrix.Whole, 0)
	w.mendStore()
}

// asked counts the requests of the call so far.
func (w *world) asked() int {
	switch w.cell.Call {
	case matrix.Identity:
		return len(w.service.Requests())
	case matrix.Logon:
		return w.kdc.questions()
	case matrix.Keep: // whatever spends something, or bothers the person
		return len(w.fake.RequestsTo(refusal.Token)) + len(w.fake.RequestsTo(refusal.Device))
	}
	return len(w.fake.RequestsTo(w.cell.Endpoint()))
}

// compare compares what a block came to.
func (w *world) compare(want matrix.Outcome, end matrix.End, text string, asked int) {
	w.t.Helper()
	if end != want.End {
		w.errorf("it ended as %d, want %d:\n%s", end, want.End, text)
	}
	if asked < want.Min || asked > want.Max {
		w.errorf("%d requests, want %d to %d:\n%s", asked, want.Min, want.Max, text)
	}
	lower := strings.ToLower(text)
	for _, told := range want.Told {
		if !strings.Contains(lower, strings.ToLower(told)) {
			w.errorf("nothing is said of %q:\n%s", told, text)
		}
	}
	if w.cell.Call == matrix.Keep && end != matrix.Works && !strings.Contains(text, w.storePath()) {
		w.errorf("no path is named:\n%s", text)
	}
	if end == matrix.Fails && !nextStep.MatchString(text) {
		w.errorf("no next step:\n%s", text)
	}
}

// nextStep is an advice.
var nextStep = regexp.MustCompile(`What to do: \w|[Tt]ry again|the next run|Check |Use |Configure |Give a new |Set |Remove it|run: chmod|Put the file`)

// checkToken checks that what was handed out is good.
func (w *world) checkToken(got opened) {
	w.t.Helper()
	if w.cell.Grant == matrix.Info {
		return
	}
	if grant, ok := w.fake.Find(got.token); !ok || !grant.Live {
		w.errorf("the token that was handed out is worth nothing: %+v", grant)
	}
}

// endProcess is the end of the provider process: first while the fault lasts, and again when it is over.
func (w *world) endProcess(r *run) {
	w.t.Helper()
	if !w.cell.Fault.Slow {
		_ = r.shutDown(10 * time.Second)
	}
	w.disarm()
	if err := r.shutDown(10 * time.Second); err != nil && matrix.CannotHold(w.cell) == "" {
		w.errorf("the way out: %v", err)
	}
}

// checkLedger counts the grants that live on.
func (w *world) checkLedger(want matrix.Outcome, end matrix.End) {
	w.t.Helper()
	if w.cell.Stored() {
		return // the grant is the user's
	}
	live := 0
	if want.Left || end != matrix.Fails && w.cell.Kept() {
		live = 1
	}
	made, owned := 0, 0
	for _, grant := range w.fake.Grants() {
		if grant.Endpoint == "" {
			continue // a grant that was there before
		}
		made++
		if grant.Live {
			owned++
		}
	}
	if owned != live || made > 1 {
		w.errorf("%d grants live on of %d, want %d of one at most", owned, made, live)
	}
}

// checkNextRun opens the block of a stored grant in a new process, without a fault.
func (w *world) checkNextRun(want matrix.Outcome) {
	w.t.Helper()
	if !w.cell.Stored() {
		return
	}
	if w.cell.Fault.Wire == matrix.NobodyListens {
		w.cell.Fault.Wire = matrix.Whole // for the address in the provider block
	}
	w.cell.Fault.Disk = matrix.Sound // for the path in it
	r := w.newRun()
	got := r.open(w.cell.Grant)
	if recovered := got.end != matrix.Fails; recovered != want.Recovers {
		w.errorf("the next run got a token: %v, want %v:\n%s", recovered, want.Recovers, got.text)
	}
	if got.end != matrix.Fails {
		w.checkToken(got)
		if end, text := r.close(got.private); end != matrix.Works {
			w.errorf("close in the next run: %s", text)
		}
	}
	w.endProcess(r)
}

func (w *world) revokeAll() {
	for _, grant := range w.fake.Grants() {
		w.fake.RevokeGrant(grant.ID)
	}
}

// startIdentityService starts the service that a job asks for its JWT, with the fault in place.
func (w *world) startIdentityService() {
	w.t.Helper()
	job, found := platforms[w.cell.Grant]
	if !found {
		return
	}
	w.service = fakevedauth.StartForTest(w.t, fakevedauth.Options{PlainHTTP: true})
	answer := fakevedauth.JSONBody(fmt.Sprintf(`{%q:%q}`, job.field, w.jwt()))
	f := w.cell.Fault
	switch {
	case f.HTTP == nil && f.Once:
		w.service.BreakConnections(1)
	case f.HTTP == nil:
		w.service.BreakConnections(1 << 20)
	default:
		fault := f.HTTP(w.release)
		if f.Damaged || f.Class == matrix.Unnoticed {
			fault = fault.To(answer)
		}
		w.service.Inject(fakevedauth.Any, plan(f, fault))
	}
	w.service.Inject(fakevedauth.Any, fakevedauth.Always(answer))
}
