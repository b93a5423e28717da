package provider

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/vedauth/terraform-provider-vedauth/internal/crash"
	"github.com/vedauth/terraform-provider-vedauth/internal/pattern"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// textRules are the validators of a text attribute.
func (a attribute) textRules() []validator.String {
	if !a.input {
		return nil
	}
	rules := []validator.String{textCheck{a}}
	if len(a.requires) > 0 {
		rules = append(rules, stringvalidator.AlsoRequires(beside(a.requires)...))
	}
	if len(a.needs) > 0 {
		rules = append(rules, halfCheck{a})
	}
	if len(a.conflicts) > 0 {
		rules = append(rules, stringvalidator.ConflictsWith(beside(a.conflicts)...))
	}
	return rules
}

// objectRules are the validators of a nested attribute.
func (a attribute) objectRules() []validator.Object {
	if len(a.conflicts) == 0 {
		return nil
	}
	return []validator.Object{objectvalidator.ConflictsWith(beside(a.conflicts)...)}
}

func (a attribute) integerRules() []validator.Int64 {
	if a.least == 0 && a.most == 0 {
		return nil
	}
	return []validator.Int64{int64validator.Between(a.least, a.most)}
}

// listRules are the validators of a list of texts.
func (a attribute) listRules() []validator.List {
	return []validator.List{
		listvalidator.SizeAtLeast(1), listvalidator.NoNullValues(), listvalidator.UniqueValues(),
		listvalidator.ValueStringsAre(stringvalidator.OneOf(a.among...)),
	}
}

// beside refers to attributes of the same block.
func beside(names []string) []path.Expression {
	var expressions []path.Expression
	for _, name := range names {
		expressions = append(expressions, path.MatchRelative().AtParent().AtName(name))
	}
	return expressions
}

// exclusive makes of each attribute one that must stand alone.
func exclusive(attributes []attribute) []attribute {
	list := slices.Clone(attributes)
	for i := range list {
		for _, other := range attributes {
			if other.name != list[i].name {
				list[i].conflicts = append(list[i].conflicts, other.name)
			}
		}
	}
	return list
}

// textCheck applies an attribute's own check to its value.
type textCheck struct{ attribute attribute }

// Description says what is checked, for documentation.
func (c textCheck) Description(context.Context) string { return "a usable " + c.attribute.name }

// MarkdownDescription is Description.
func (c textCheck) MarkdownDescription(ctx context.Context) string { return c.Description(ctx) }

// ValidateString reports what is wrong with a value that is known.
func (c textCheck) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := c.attribute.wrong(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid "+req.Path.String(), fmt.Sprintf("The value of %s cannot be used: %s.", req.Path, err))
	}
}

// halfCheck looks for the other half of a credential, which may be one of several attributes.
type halfCheck struct{ attribute attribute }

// Description says what is checked, for documentation.
func (c halfCheck) Description(context.Context) string {
	return "one of " + strings.Join(c.attribute.needs, ", ") + " beside " + c.attribute.name
}

// MarkdownDescription is Description.
func (c halfCheck) MarkdownDescription(ctx context.Context) string { return c.Description(ctx) }

// ValidateString reports that no other half is given. One that is not known yet may come to be.
func (c halfCheck) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	for _, name := range c.attribute.needs {
		var other types.String
		diags := req.Config.GetAttribute(ctx, req.Path.ParentPath().AtName(name), &other)
		if resp.Diagnostics.Append(diags...); diags.HasError() || !other.IsNull() {
			return
		}
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Half a credential", fmt.Sprintf(
		"%s is of use only together with one of %s, and none of them is given. Set one, or leave %s out.",
		req.Path, strings.Join(c.attribute.needs, ", "), c.attribute.name))
}

// wrong is what is wrong with a text value in itself, or nil.
func (a attribute) wrong(value string) (err error) {
	defer crash.Catch(func(e *crash.Error) { err = e })
	if value == "" && !a.empty {
		return errors.New("it is an empty string; leave the attribute out, or set it to null, if there is no value")
	}
	if !utf8.ValidString(value) { // only a variable can be so; what is sent would be another text, and a failed logon
		return errors.New("it is not text in UTF-8")
	}
	if a.check == nil {
		return nil
	}
	return a.check(value)
}

// fileContent recognises what people put where a path belongs: PEM, and in base64 a PKCS#12 file, a keytab or a ticket
// cache by their first bytes.
var fileContent = pattern.New(`[\x00\r\n]|-----BEGIN|^(MI|BQ[IMQ])[A-Za-z0-9+/_-]{60,}={0,2}$`)

// checkPath finds a secret that was put where a path belongs: the error of a file that does not exist would show it.
func checkPath(value string) error {
	if fileContent.MatchString(value) {
		return errors.New("it looks like the content of a file; give the path of the file")
	}
	return nil
}

func checkURL(value string) error {
	_, err := vedauth.ParseURL(value)
	return err
}

func checkScope(value string) error {
	scope, err := vedauth.ParseScope(value)
	if err == nil && len(scope) == 0 {
		err = errors.New("it names no scope")
	}
	if err != nil {
		err = fmt.Errorf(`%w; write it as in "certificate:manage,discover;configuration"`, err)
	}
	return err
}

func checkCA(value string) error { return vedauth.CheckCA([]byte(value)) }

// checkDuration accepts a positive duration.
func checkDuration(value string) error {
	d, err := time.ParseDuration(value)
	if err != nil {
		return errors.New(`it is not a duration; write it with a unit, as in "90s", "5m" or "1h30m"`)
	}
	if d <= 0 {
		return errors.New("it must be longer than nothing")
	}
	return nil
}

func checkProxy(value string) error {
	u, err := url.Parse(value)
	// A password with a # or ? ends the address early, at what then looks like a host and its port.
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" || strings.ContainsAny(value, "?#") {
		return errors.New("it is not the address of a proxy; write it as http://host:port or http://user:password@host:port " +
			"(in a password %23 for #, %2F for /, %3A for :, %3F for ?, %40 for @)")
	}
	if scheme := strings.ToLower(u.Scheme); scheme != "http" && scheme != "https" {
		return errors.New("its scheme is neither http nor https")
	}
	return nil
}

func checkAbsolute(value string) error {
	if !filepath.IsAbs(value) {
		return errors.New("it is not an absolute path")
	}
	return nil
}
