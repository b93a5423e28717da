package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/vedauth/terraform-provider-vedauth/internal/crash"
	"github.com/vedauth/terraform-provider-vedauth/internal/session"
	"github.com/vedauth/terraform-provider-vedauth/internal/tokenstore"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// failure turns a failed request into a diagnostic: what was asked, what the server said, why, and what to do.
// purpose is what the request was for, such as "obtain a token"; with tells what it was made with.
func failure(purpose, with string, err error) diag.Diagnostic {
	var refused *vedauth.Error
	known := errors.As(err, &refused)
	if errors.Is(err, context.Canceled) || errors.Is(err, session.ErrShutdown) || known && refused.Kind == vedauth.Canceled {
		return diag.NewErrorDiagnostic("Cancelled: "+purpose, "The run was interrupted while the provider was about to "+purpose+". "+remains(err))
	}
	var stored *tokenstore.Error
	if errors.As(err, &stored) {
		lines := []string{stored.Text}
		if known {
			lines = append(lines, "Asked: "+refused.Asked()+with, "Answer: "+capital(refused.Said()))
			if next := refused.Next(); next != "" && !stored.Definitive() { // a dead grant needs another one, and the text says so
				lines = append(lines, "What to do: "+next)
			}
		} else if stored.Err != nil {
			lines = append(lines, "Cause: "+stored.Err.Error())
		}
		if left := remains(err); left != "" {
			lines = append(lines, "Left over: "+left)
		}
		return diag.NewErrorDiagnostic("Unable to "+purpose, strings.Join(lines, "\n"))
	}
	if !known {
		return diag.NewErrorDiagnostic("Unable to "+purpose, err.Error())
	}
	lines := []string{"Asked: " + refused.Asked() + with, "Answer: " + capital(refused.Said())}
	if cause := refused.Cause(); cause != "" {
		lines = append(lines, "Cause: "+cause)
	}
	if left := remains(err); left != "" {
		lines = append(lines, "Left over: "+left)
	}
	if next := refused.Next(); next != "" {
		lines = append(lines, "What to do: "+next)
	}
	var explained *explainedError
	if errors.As(err, &explained) && refused.Kind == vedauth.Refused {
		lines = append(lines, "", explained.explanation)
	}
	return diag.NewErrorDiagnostic("Unable to "+purpose, strings.Join(lines, "\n"))
}

// remains says what became of a grant that the server made before the request failed.
func remains(err error) string {
	var undone *session.UndoneError
	switch {
	case !errors.As(err, &undone):
		return ""
	case undone.Revocation == nil:
		return "A grant that the server had made all the same has been revoked."
	default:
		return "A grant that the server may have made is not known to be revoked: " + undone.Revocation.Error()
	}
}

// notRevoked is the warning of a Close whose revocation did not succeed. A Close must not fail: Terraform would fail the
// whole run.
func notRevoked(server string, err error) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Token not revoked", fmt.Sprintf(
		"The revocation of a token at %s did not succeed, so its grant may live on until it expires. %s", server, err))
}

// fault makes a panic, in any call of Terraform that does some work, an error without the panic's value.
func fault(diags *diag.Diagnostics) func(*crash.Error) {
	return func(e *crash.Error) { diags.AddError("Fault of the provider", e.Error()) }
}

// missing is the error for a setting that is needed and nowhere given. It stands on attribute, and names the variables
// that would do.
func missing(attribute, where string, env []string) diag.Diagnostic {
	detail := fmt.Sprintf("%s is needed here and is not set. Set it in %s", attribute, where)
	if len(env) > 0 {
		detail += ", or set the environment variable " + strings.Join(env, " or ")
	}
	return diag.NewAttributeErrorDiagnostic(path.Root(attribute), "Missing "+attribute, detail+".")
}

// invalid is the error for a value that is wrong in itself. origin is the attribute or the variable that it stands in.
func invalid(attribute, origin string, err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root(attribute), "Invalid "+attribute, fmt.Sprintf("The value of %s cannot be used: %s.", origin, err))
}

// unknownSetting is the error for a setting of the provider block that depends on something not created yet.
func unknownSetting(name string, env []string) diag.Diagnostic {
	root, _, _ := strings.Cut(name, ".")
	detail := fmt.Sprintf("%s in the provider block is not known yet, because it depends on something that does not exist before apply, "+
		"and a token is needed now. Use a value that is known while planning, or create what it depends on first with -target", name)
	if len(env) > 0 {
		detail += ", or leave it out and set the environment variable " + strings.Join(env, " or ")
	}
	return diag.NewAttributeErrorDiagnostic(path.Root(root), "Unknown "+name, detail+".")
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// notConfigured is the error for a call before the provider has been configured, which Terraform does not make.
func notConfigured() diag.Diagnostic {
	return diag.NewErrorDiagnostic("Provider not configured",
		"The provider was asked for something before it was configured. This is a fault of Terraform or of the provider; please report it to the provider's developers.")
}

// wrongData is the error for provider data of another type, which only a fault of this provider can bring about.
func wrongData(data any) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Unexpected provider data", fmt.Sprintf(
		"The provider handed a %T to one of its types. This is a fault of the provider; please report it to its developers.", data))
}
