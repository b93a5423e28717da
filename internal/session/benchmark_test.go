package session_test

import (
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/session"
)

// BenchmarkOpenClose is a block whose token another block holds already.
func BenchmarkOpenClose(b *testing.B) {
	srv := &server{}
	process := session.NewProcess()
	s := process.NewSession()
	request := srv.request("https://tpp.example.com", "oauth", "terraform", "certificate:manage", "", "local:user", "hunter2")
	first, err := s.Open(b.Context(), request)
	if err != nil {
		b.Fatal(err)
	}
	first.Confirm()
	b.ReportAllocs()
	for b.Loop() {
		lease, err := s.Open(b.Context(), request)
		if err != nil {
			b.Fatal(err)
		}
		lease.Confirm()
		if err := process.Close(b.Context(), lease.Handle); err != nil {
			b.Fatal(err)
		}
	}
	if issued, _ := srv.ledger(); issued != 1 {
		b.Errorf("%d grants were made", issued)
	}
}
