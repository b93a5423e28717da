package provider_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"github.com/hashicorp/terraform-plugin-log/tfsdklogtest"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/provider"
	"github.com/vedauth/terraform-provider-vedauth/internal/session"
)

// loadVariable makes the test below the process that is measured. Its value is the address and the authority of the
// server, which is the other process's: what the server needs does not count.
const loadVariable = "PROVIDER_TEST_LOAD"

// loadOrder is what a process that is measured is told.
type loadOrder struct{ URL, CA string }

// usage is what the provider needs once all is closed.
type usage struct {
	Goroutines int
	Heap       uint64 // bytes in use
}

// loadReport is what the measured process tells: what it needed after a few blocks, and after many more.
type loadReport struct {
	Idle, Peak int // goroutines, before all and at most
	Few, Many  usage
}

const (
	fewBlocks  = 50
	manyBlocks = 500
	// keptForEach is how many bytes a block may leave behind. The plugin framework keeps what cancels a call, for every
	// call until the process ends; that is some 700 bytes for an Open and its Close. A grant is more than 3000.
	keptForEach = 2000
)

// TestLoadLeavesNothingBehind: five hundred blocks open at a time, against a server that takes its time and is too busy
// for some of the requests; then memory and goroutines are what they were before.
func TestLoadLeavesNothingBehind(t *testing.T) {
	if order := os.Getenv(loadVariable); order != "" {
		reportLoad(t, order)
		return
	}
	const latency = 50 * time.Millisecond
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{Latency: latency})
	tooBusy := fakevedauth.Status(http.StatusServiceUnavailable).Delayed(latency)
	fake.Inject(fakevedauth.Any, fakevedauth.FirstAttempts(5, tooBusy))
	order, err := json.Marshal(loadOrder{URL: fake.URL(), CA: fake.CAPEM()})
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	command.Env = append(os.Environ(), loadVariable+"="+string(order))
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	var got loadReport
	if err := json.NewDecoder(bytes.NewReader(output)).Decode(&got); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	t.Logf("%+v; %s, %d requests", got, fake.Ledger(), len(fake.Requests()))
	if got.Few.Goroutines > got.Idle || got.Many.Goroutines > got.Idle || got.Peak < fewBlocks {
		t.Errorf("%d goroutines before all, %d behind %d blocks, %d behind %d more, %d at most",
			got.Idle, got.Few.Goroutines, fewBlocks, got.Many.Goroutines, manyBlocks, got.Peak)
	}
	if got.Many.Heap > got.Few.Heap+manyBlocks*keptForEach {
		t.Errorf("%d bytes in use behind %d blocks, %d behind %d more", got.Few.Heap, fewBlocks, got.Many.Heap, manyBlocks)
	}
	if l := fake.Ledger(); l.Issued != fewBlocks+manyBlocks || l.Revoked != l.Issued {
		t.Errorf("ledger: %s; want %d issued, and all revoked", l, fewBlocks+manyBlocks)
	}
}

// reportLoad is the process that is measured.
func reportLoad(t *testing.T, text string) {
	var order loadOrder
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, process: session.NewProcess()}
	b.ctx = tfsdklogtest.RootLogger(tflogtest.RootLogger(t.Context(), io.Discard), io.Discard)
	machine := provider.Machine{Getenv: b.getenv}
	b.server = providerserver.NewProtocol6(provider.NewOnMachine(machine, "1.2.3", b.process)())()
	schema, err := b.server.GetProviderSchema(b.ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	b.schema = schema
	b.must(b.configure(config{"url": order.URL, "ca_pem": order.CA, "client_id": fakevedauth.DefaultClientID}))

	idle := runtime.NumGoroutine()
	report := loadReport{Idle: idle}
	b.openAndClose(fewBlocks, "few")
	report.Few = b.settled(idle)
	report.Peak = b.openAndClose(manyBlocks, "many")
	report.Many = b.settled(idle)
	if t.Failed() {
		return
	}
	if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
		t.Fatal(err)
	}
}

// openAndClose opens n blocks, fifty at a time as with -parallelism=50, and when all are open closes them likewise. It
// returns the number of goroutines when most were at work.
func (b *bench) openAndClose(n int, state string) (goroutines int) {
	b.t.Helper()
	const atATime = 50
	private := make([][]byte, n)
	peaks := make([]int, atATime)
	each(atATime, func(worker int) {
		for i := worker; i < n; i += atATime {
			private[i] = b.mustOpen(alice(config{"scope": "ssh", "state": fmt.Sprint(state, i)})).private
			peaks[worker] = max(peaks[worker], runtime.NumGoroutine())
		}
	})
	each(atATime, func(worker int) {
		for i := worker; i < n; i += atATime {
			b.must(b.close(private[i]).errors()) // on a busy machine it may warn that the background does the rest
		}
	})
	for _, peak := range peaks {
		goroutines = max(goroutines, peak)
	}
	b.said = bytes.Buffer{} // which the test keeps
	return goroutines
}

// settled is what is in use once the goroutines of connections that were closed have ended, which takes a moment, and
// revocations that were left to the background.
func (b *bench) settled(idle int) usage {
	deadline := time.Now().Add(time.Minute)
	for runtime.NumGoroutine() > idle && time.Now().Before(deadline) {
		runtime.GC()
	}
	runtime.GC() // what pools hold outlives one collection
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	runtime.KeepAlive(b) // the provider is still there: what it holds counts
	return usage{Goroutines: runtime.NumGoroutine(), Heap: memory.HeapAlloc}
}
