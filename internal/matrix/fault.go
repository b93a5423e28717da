package matrix

import (
	"fmt"
	"slices"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// Class is what a fault looks like to the one who asks, as far as the rules tell faults apart.
type Class int

// The classes are the rows of the design's table.
const (
	// Unnoticed: the answer is good all the same.
	Unnoticed Class = iota
	// Unconnected: no connection was made, so nothing was sent.
	Unconnected
	// Busy: 429, 503, and a 500 that asks to rerun the transaction.
	Busy
	// Unclear: the request was sent, and no answer tells what came of it.
	Unclear
	// Refused: 400, 401 or 403.
	Refused
	// Foreign: an answer that vedauth does not give.
	Foreign
	// Unusable: the token store cannot be used as it is.
	Unusable
	// Spoilt: what the token store holds cannot be read.
	Spoilt
	// Unkept: what the server gives cannot be stored.
	Unkept
	// Unoffered: the server does not take Kerberos.
	Unoffered
)

// Wire is what happens to a connection before anything is said on it.
type Wire int

// The faults of the wire.
const (
	Whole Wire = iota
	NobodyListens
	ResetAtOnce
	NotTrusted
	Expired
	OtherName
)

// Fault is one way in which a request can go wrong.
type Fault struct {
	// Name is for people and unique; Brief, if it is not empty, stands for several in the guide.
	Name  string
	Brief string
	Class Class
	// Once strikes the first request only; else every one.
	Once bool
	// Committed: the server has done what was asked before the fault strikes.
	Committed bool
	// Readable: the tokens can be read from the answer, although it is damaged.
	Readable bool
	// Damaged: it changes an answer that has a body. Complete: what is left of that answer arrives as a whole.
	Damaged, Complete bool
	// Slow takes as long as request_timeout allows.
	Slow bool
	// Says is what the message has of the fault, and Remedy what it has of the way out, where that depends on the fault.
	Says   string
	Remedy []string
	// Status and Row tell refusals apart; the row is empty for a web page.
	Status int
	Row    refusal.Row
	// Wordless: the refusal has neither a code nor a text.
	Wordless bool
	// Patience is what Retry-After asks for, if that is longer than a Close may take.
	Patience bool

	// Wire breaks the connection, or HTTP, if not nil, the exchange. What it holds back it lets go when release closes.
	Wire Wire
	HTTP func(release <-chan struct{}) fakevedauth.Fault
	// Disk spoils the token store, KDC and Front a Windows logon.
	Disk  Disk
	KDC   KDC
	Front Front
}

// always makes a fault that strikes every request, and once one that strikes the first.
func always(class Class, name, says string, fault fakevedauth.Fault) Fault {
	return Fault{
		Name: name, Class: class, Says: says,
		HTTP: func(<-chan struct{}) fakevedauth.Fault { return fault },
	}
}

func (f Fault) patient() Fault {
	f.Patience = true
	return f
}

// onceMark ends the name of a fault that strikes once.
const onceMark = ", once"

func (f Fault) once() Fault {
	f.Name += onceMark
	f.Once = true
	return f
}

func (f Fault) committed() Fault {
	f.Name += ", after the server has acted"
	f.Committed = true
	early := f.HTTP
	f.HTTP = func(release <-chan struct{}) fakevedauth.Fault { return early(release).AfterCommit() }
	return f
}

// damage makes a fault that spoils a good answer.
func damage(name, says string, readable, complete bool, fault fakevedauth.Fault) Fault {
	f := always(Unclear, name, says, fault)
	f.Committed, f.Damaged, f.Readable, f.Complete = true, true, readable, complete
	return f
}

// FaultsAt returns every fault at an endpoint: those of every endpoint, and its own refusals, in every place where a
// server puts its words or only in the body.
func FaultsAt(endpoint refusal.Endpoint, everywhere bool) []Fault {
	places := carriers
	if !everywhere {
		places = carriers[:1]
	}
	return append(slices.Clone(faults), refusalsAt(endpoint, places)...)
}

// refusalsAt returns each answer of the table that the endpoint can give.
func refusalsAt(endpoint refusal.Endpoint, places []carrier) []Fault {
	var list []Fault
	for _, row := range refusal.Table {
		if !slices.Contains(row.Endpoints, endpoint) || row.Class == refusal.Pending {
			continue
		}
		for _, answer := range row.Answers {
			for _, carried := range places {
				if answer.Text == "" && answer.Code == "" && carried.by != fakevedauth.InBody {
					continue // nothing to carry
				}
				if answer.Text == "" && carried.by == fakevedauth.InReason {
					continue // a code travels in a body only
				}
				list = append(list, refused(row, answer, carried.by, carried.name))
			}
		}
	}
	return list
}

// carrier is a place where a server puts the words of a refusal.
type carrier struct {
	by   fakevedauth.Carrier
	name string
}

var carriers = []carrier{{fakevedauth.InBody, "body"}, {fakevedauth.InReason, "reason phrase"}, {fakevedauth.InBoth, "both"}}

func refused(row refusal.Row, answer refusal.Answer, by fakevedauth.Carrier, where string) Fault {
	name := fmt.Sprintf("refused: %s, %s %d %q in %s", row.ID, answer.Dialect, answer.Status, answer.Code+" "+answer.Text, where)
	f := always(Refused, name, fmt.Sprint(answer.Status), fakevedauth.RefusalAnswer(answer, by))
	f.Status, f.Row, f.Wordless = answer.Status, row, answer.Code == "" && answer.Text == ""
	return f
}
