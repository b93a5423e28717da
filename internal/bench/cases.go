package bench

import (
	"fmt"
	"strings"
	"time"
)

// slow is how long the slow server takes for each answer.
const slow = 50 * time.Millisecond

// sources are the providers beside our own that a configuration may name.
var sources = []string{"vedauth/empty", "vedauth/wide", "vedauth/lean", "hashicorp/http", "hashicorp/external"}

// planCase is a configuration that is planned.
type planCase struct {
	// name is that of its series of times; the series of processor times has cpuMark behind it.
	name string
	// title tells readers what it is.
	title string
	// body is the configuration; blocks that all configurations share come before it.
	body string
	// slow: against the server that takes its time.
	slow bool
	// needs is a released provider, or curl, without which it is left out.
	needs string
	// base is the case of the empty provider that it is compared with.
	base string
	// grants is how many grants a run makes on the server, and ours that all of them are revoked at its end.
	grants int
	ours   bool
}

const cpuMark = "/cpu"

// The names of the cases that bars refer to.
const (
	emptyOne, emptyMany, emptyCount = "empty-1", "empty-100", "empty-count-100"
	wideMany                        = "empty-100-wide"
	oursOne, oursEqual              = "ours-1", "ours-100-equal"
	oursDistinct, oursDistinctSlow  = "ours-100-distinct", "ours-100-distinct-slow"
	releasedHTTP, releasedExternal  = "http", "external"
	leanRequest, leanProgram        = "lean-request", "lean-program"
)

// planCases are all that is planned.
func planCases() []planCase {
	cases := []planCase{
		{name: "none", title: "no provider: Terraform alone", body: `output "nothing" { value = "" }`},
		{name: emptyOne, title: "empty provider, 1 block", body: empty("empty", 1)},
		{name: emptyMany, title: "empty provider, 100 blocks", body: empty("empty", 100)},
		{name: wideMany, title: "empty provider, 100 blocks as wide as a token", body: empty("wide", 100), base: emptyMany},
		{name: emptyCount, title: "empty provider, `count = 100`", body: empty("empty", 0) + "ephemeral \"empty_nothing\" \"t\" {\n  count = 100\n}\n"},
	}
	for _, slowly := range []bool{false, true} {
		cases = append(cases, ourCases(slowly)...)
	}
	return append(cases,
		planCase{name: releasedHTTP, title: "`hashicorp/http`, 1 token, not revoked", body: httpBody, needs: "http", base: emptyOne, grants: 1},
		planCase{name: releasedExternal, title: "`hashicorp/external` with `curl`, 1 token, not revoked", body: externalBody, needs: "external", base: emptyOne, grants: 1},
		planCase{name: leanRequest, title: "the least that `http` could be, 1 token, not revoked", body: leanRequestBody, base: emptyOne, grants: 1},
		planCase{name: leanProgram, title: "the least that `external` could be, with `curl`, 1 token, not revoked", body: leanProgramBody, needs: "curl", base: emptyOne, grants: 1},
	)
}

func ourCases(slowly bool) []planCase {
	name := func(fast string) string { return fast }
	title := func(what string) string { return "vedauth, " + what }
	if slowly {
		name = func(fast string) string { return fast + "-slow" }
		title = func(what string) string { return fmt.Sprintf("vedauth, %s, server takes 50 ms", what) }
	}
	return []planCase{
		{name: name(oursOne), title: title("1 token"), body: ours(1, ""), slow: slowly, base: emptyOne, grants: 1, ours: true},
		{name: name("ours-10-equal"), title: title("10 blocks, 1 token"), body: ours(10, ""), slow: slowly, grants: 1, ours: true},
		{name: name(oursEqual), title: title("100 blocks, 1 token"), body: ours(100, ""), slow: slowly, base: emptyMany, grants: 1, ours: true},
		{name: name(oursDistinct), title: title("100 blocks, 100 tokens"), body: ours(100, "state = %q"), slow: slowly, base: emptyMany, grants: 100, ours: true},
		{
			name: name("ours-count-distinct"), title: title("`count = 100`, 100 tokens"), slow: slowly, base: emptyCount, grants: 100, ours: true,
			body: oursHead + "ephemeral \"vedauth_oauth_token\" \"t\" {\n  count = 100\n  state = count.index\n}\n",
		},
	}
}

const emptyHead = `
terraform {
  required_providers {
    %[1]s = { source = "vedauth/%[1]s" }
  }
}
`

// empty is n blocks of a provider that does nothing.
func empty(provider string, n int) string {
	var text strings.Builder
	fmt.Fprintf(&text, emptyHead, provider)
	for i := range n {
		fmt.Fprintf(&text, "ephemeral \"%s_nothing\" \"t%d\" {}\n", provider, i)
	}
	return text.String()
}

const oursHead = `
terraform {
  required_providers {
    vedauth = { source = "vedauth/vedauth" }
  }
}

provider "vedauth" {
  url       = var.url
  client_id = var.request.client_id
  scope     = var.request.scope
  ca_file   = "${path.module}/ca.pem"
  oauth     = { username = var.request.username, password = var.request.password }
}
`

// ours is n blocks with a token. content is what is in a block; a verb in it stands for the number of the block.
func ours(n int, content string) string {
	var text strings.Builder
	text.WriteString(oursHead)
	for i := range n {
		inside := content
		if strings.Contains(content, "%q") {
			inside = fmt.Sprintf(content, fmt.Sprint(i))
		}
		fmt.Fprintf(&text, "ephemeral \"vedauth_oauth_token\" \"t%d\" {\n  %s\n}\n", i, inside)
	}
	return text.String()
}

const (
	// variables are what all configurations take from outside.
	variables = `
variable "url" {
  type = string
}

variable "request" {
  type      = object({ client_id = string, username = string, password = string, scope = string })
  sensitive = true
}
`
	httpBody = `
data "http" "t" {
  url             = "${var.url}/vedauth/authorize/oauth"
  method          = "POST"
  ca_cert_pem     = file("${path.module}/ca.pem")
  request_headers = { Content-Type = "application/json" }
  request_body    = jsonencode(var.request)
}
`
	// External takes a map of texts only, so what the server says has to be cut down.
	curl = `["sh", "-c", "curl -sS --cacert ca.pem -H 'Content-Type: application/json' --data @- $TF_VAR_url/vedauth/authorize/oauth | ` +
		`sed -n 's/.*\\(\"access_token\":\"[^\"]*\"\\).*/{\\1}/p'"]`
	externalBody = `
data "external" "t" {
  program = ` + curl + `
  query   = var.request
}
`
	leanHead = `
terraform {
  required_providers {
    lean = { source = "vedauth/lean" }
  }
}
`
	leanRequestBody = leanHead + `
data "lean_request" "t" {
  url    = "${var.url}/vedauth/authorize/oauth"
  ca_pem = file("${path.module}/ca.pem")
  body   = jsonencode(var.request)
}
`
	leanProgramBody = leanHead + `
data "lean_program" "t" {
  program = ` + curl + `
  input   = jsonencode(var.request)
}
`
)
