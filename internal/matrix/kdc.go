package matrix

import "fmt"

// Question is one of the three that a Kerberos logon puts to a KDC.
type Question int

// The questions, in their order.
const (
	// Hello asks for a ticket-granting ticket without any proof, to learn how the proof is to be made.
	Hello Question = iota + 1
	// Proof is the same with a proof of the password: the one logon that counts.
	Proof
	// Ticket asks for a ticket for the server.
	Ticket
)

// String begins the name of a fault.
func (q Question) String() string {
	return map[Question]string{
		Hello: "KDC, before the password: ", Proof: "KDC, at the password: ", Ticket: "KDC, after the password: ",
	}[q]
}

// Deed is what a KDC does to a question.
type Deed int

// The deeds.
const (
	Answers Deed = iota
	IsGone       // nobody listens there
	HangsUp
	Resets
	KeepsSilent
	Babbles
	SaysNothing // an answer of no length
	Exaggerates // an answer of four gigabytes, by its own account
	BreaksOff
	Refuses
)

// KDC is a fault of a KDC: what it does to one question, having answered those before.
type KDC struct {
	At   Question
	Does Deed
	// Code is that of a refusal (RFC 4120, 7.5.9).
	Code int32
}

// Front is what the server in front of vedauth does about Windows authentication.
type Front int

// The fronts.
const (
	OffersBoth  Front = iota
	OffersNTLM        // and no Kerberos
	OffersBasic       // and neither of the two
	RefusesTicket
)

// answersAll is how many questions a KDC answers when all is well.
const answersAll = int(Ticket)

// logonFaults are those of a Kerberos logon, before vedauth has been asked for anything.
var logonFaults = append([]Fault{
	{Name: "no fault"},
	{Name: "the server offers NTLM only", Class: Unoffered, Front: OffersNTLM, Says: "does not offer Kerberos"},
	{Name: "the server offers neither", Class: Foreign, Front: OffersBasic, Says: "only basic"},
	{Name: "the server refuses the ticket", Class: Refused, Front: RefusesTicket, Says: "refused the Windows logon of alice@A.TEST"},
}, atEach()...)

// atEach makes the faults of each question.
func atEach() []Fault {
	var list []Fault
	for question := Hello; question <= Ticket; question++ {
		add := func(class Class, does Deed, what, says string) {
			list = append(list, Fault{
				Name: question.String() + what, Brief: "KDC: " + what, Class: class, KDC: KDC{At: question, Does: does}, Says: says,
				Slow: does == KeepsSilent,
			})
		}
		add(Unconnected, IsGone, "nobody listens", "no KDC of A.TEST could be reached")
		add(Unclear, HangsUp, "closes the connection", "gave no answer")
		add(Unclear, Resets, "resets the connection", "gave no answer")
		add(Unclear, KeepsSilent, "no answer in time", "in time")
		add(Unclear, Babbles, "garbage", "cannot be read")
		add(Unclear, SaysNothing, "an empty answer", "impossible length")
		add(Unclear, Exaggerates, "an answer of four gigabytes", "impossible length")
		add(Unclear, BreaksOff, "half an answer", "half an answer")
	}
	return append(list, kdcRefusals()...)
}

// kdcRefusals are the errors that KDCs give, each where it occurs, and what the user must hear of it.
func kdcRefusals() []Fault {
	var list []Fault
	for _, r := range []struct {
		code int32
		name string
		says []string
		at   []Question
	}{
		{6, "unknown user", []string{"does not know the user alice@A.TEST", "username"}, []Question{Hello}},
		{7, "unknown service", []string{"does not know the service HTTP/127.0.0.1", "setspn", "spn"}, []Question{Ticket}},
		{12, "against the policy", []string{"policy", "administrator"}, []Question{Hello, Proof, Ticket}},
		{14, "no encryption type in common", []string{"encryption type", "AES"}, []Question{Hello, Ticket}},
		{18, "account locked", []string{"locked", "administrator"}, []Question{Hello, Proof, Ticket}},
		{23, "password expired", []string{"expired", "Change the password"}, []Question{Hello, Proof}},
		{24, "wrong password", []string{"refused the password", "tried once"}, []Question{Proof}},
		{25, "wants another proof", []string{"in another way", "smart card"}, []Question{Proof}},
		{32, "ticket expired", []string{"has expired", "clock"}, []Question{Ticket}},
		{37, "clock skew", []string{"clocks", "NTP"}, []Question{Hello, Proof, Ticket}},
		{60, "an error of its own", []string{"refused the request", "log"}, []Question{Hello, Proof, Ticket}},
		{68, "wrong realm", []string{"realm", "username"}, []Question{Hello}},
	} {
		for _, at := range r.at {
			list = append(list, Fault{
				Name: at.String() + r.name, Brief: "KDC: " + r.name, Class: Refused, KDC: KDC{At: at, Does: Refuses, Code: r.code},
				Says: fmt.Sprintf("(Kerberos error %d)", r.code), Remedy: r.says,
			})
		}
	}
	return list
}

// logsOn is a Kerberos logon. Only auto changes to NTLM, and only when there is no KDC or no Kerberos to be had: after a
// KDC has spoken, or may have, a password that is tried again may be one more failed logon (2.3).
func logsOn(c Cell) Outcome {
	f := c.Fault
	asked := f.questions()
	switch {
	case f.Class == Unnoticed:
		return Outcome{End: Works, Min: asked, Max: asked}
	case c.Grant == AutoLogon && (f.Class == Unconnected || f.Class == Unoffered):
		return Outcome{End: Warns, Min: asked, Max: asked}.says("NTLM was used in place of Kerberos", f.Says)
	default:
		return Outcome{End: Fails, Min: asked, Max: asked}.says(f.Says).says(f.Remedy...)
	}
}

// questions counts those that reach the KDC.
func (f Fault) questions() int {
	switch {
	case f.Front == OffersNTLM, f.Front == OffersBasic:
		return 0
	case f.KDC.Does == Answers:
		return answersAll
	case f.KDC.Does == IsGone:
		return int(f.KDC.At) - 1
	default:
		return int(f.KDC.At)
	}
}
