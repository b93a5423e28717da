package provider

import (
	dataschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	ephemeralschema "github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	providerschema "github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

type kind int

const (
	text kind = iota
	integer
	boolean
	object
	texts // a list
)

// attribute is one attribute of the HCL, declared once for the provider block, ephemeral resources and data sources.
type attribute struct {
	name string
	kind kind
	// doc says what it means, with its unit and the values it takes, as Markdown.
	doc string
	// fallback is the default in words, without a full stop. Empty if there is none to tell of.
	fallback string
	// env lists the variables that stand in for it, the first one wins.
	env []string
	// input attributes may be configured, output attributes are set by the provider; one may be both. A required one must
	// be configured, which only members of an object are.
	input, output, required bool
	sensitive               bool
	// empty allows the empty string.
	empty bool
	// check finds what is wrong with a text in itself. Its error does not quote the text.
	check func(string) error
	// requires and conflicts name attributes of the same block: those without which this one is of no use, and those
	// that must not be given beside it.
	requires, conflicts []string
	// needs names attributes of the same block of which one at least must be given beside this one.
	needs []string
	// least and most bound an integer.
	least, most int64
	// among are the values that the texts of a list may have.
	among []string
	// attributes are those of an object.
	attributes []attribute
}

// mayBeSet reports whether it can be configured and need not be.
func (a attribute) mayBeSet() bool { return a.input && !a.required }

// The three forms. They differ in nothing but the package that the type comes from; a provider block has no outputs.

func (a attribute) inProvider() providerschema.Attribute {
	doc := a.description()
	switch a.kind {
	case integer:
		return providerschema.Int64Attribute{
			MarkdownDescription: doc, Required: a.required, Optional: !a.required,
			Sensitive: a.sensitive, Validators: a.integerRules(),
		}
	case texts:
		return providerschema.ListAttribute{
			ElementType: types.StringType, MarkdownDescription: doc, Required: a.required, Optional: !a.required,
			Sensitive: a.sensitive, Validators: a.listRules(),
		}
	case boolean:
		return providerschema.BoolAttribute{
			MarkdownDescription: doc, Required: a.required, Optional: !a.required,
			Sensitive: a.sensitive,
		}
	case object:
		attributes := map[string]providerschema.Attribute{}
		for _, nested := range a.attributes {
			attributes[nested.name] = nested.inProvider()
		}
		return providerschema.SingleNestedAttribute{
			MarkdownDescription: doc, Required: a.required, Optional: !a.required,
			Sensitive: a.sensitive, Attributes: attributes, Validators: a.objectRules(),
		}
	default:
		return providerschema.StringAttribute{
			MarkdownDescription: doc, Required: a.required, Optional: !a.required,
			Sensitive: a.sensitive, Validators: a.textRules(),
		}
	}
}

func (a attribute) inEphemeral() ephemeralschema.Attribute {
	doc := a.description()
	switch a.kind {
	case integer:
		return ephemeralschema.Int64Attribute{
			MarkdownDescription: doc, Required: a.required, Optional: a.mayBeSet(), Computed: a.output,
			Sensitive: a.sensitive, Validators: a.integerRules(),
		}
	case texts:
		return ephemeralschema.ListAttribute{
			ElementType: types.StringType, MarkdownDescription: doc, Required: a.required, Optional: a.mayBeSet(),
			Computed: a.output, Sensitive: a.sensitive, Validators: a.listRules(),
		}
	case boolean:
		return ephemeralschema.BoolAttribute{
			MarkdownDescription: doc, Required: a.required, Optional: a.mayBeSet(), Computed: a.output,
			Sensitive: a.sensitive,
		}
	case object:
		attributes := map[string]ephemeralschema.Attribute{}
		for _, nested := range a.attributes {
			attributes[nested.name] = nested.inEphemeral()
		}
		return ephemeralschema.SingleNestedAttribute{
			MarkdownDescription: doc, Required: a.required, Optional: a.mayBeSet(), Computed: a.output,
			Sensitive: a.sensitive, Attributes: attributes, Validators: a.objectRules(),
		}
	default:
		return ephemeralschema.StringAttribute{
			MarkdownDescription: doc, Required: a.required, Optional: a.mayBeSet(), Computed: a.output,
			Sensitive: a.sensitive, Validators: a.textRules(),
		}
	}
}

func (a attribute) inData() dataschema.Attribute {
	doc := a.description()
	switch a.kind {
	case integer:
		return dataschema.Int64Attribute{
			MarkdownDescription: doc, Required: a.required, Optional: a.mayBeSet(), Computed: a.output,
			Sensitive: a.sensitive, Validators: a.integerRules(),
		}
	case texts:
		return dataschema.ListAttribute{
			ElementType: types.StringType, MarkdownDescription: doc, Required: a.required, Optional: a.mayBeSet(),
			Computed: a.output, Sensitive: a.sensitive, Validators: a.listRules(),
		}
	case boolean:
		return dataschema.BoolAttribute{
			MarkdownDescription: doc, Required: a.required, Optional: a.mayBeSet(), Computed: a.output,
			Sensitive: a.sensitive,
		}
	case object:
		attributes := map[string]dataschema.Attribute{}
		for _, nested := range a.attributes {
			attributes[nested.name] = nested.inData()
		}
		return dataschema.SingleNestedAttribute{
			MarkdownDescription: doc, Required: a.required, Optional: a.mayBeSet(), Computed: a.output,
			Sensitive: a.sensitive, Attributes: attributes, Validators: a.objectRules(),
		}
	default:
		return dataschema.StringAttribute{
			MarkdownDescription: doc, Required: a.required, Optional: a.mayBeSet(), Computed: a.output,
			Sensitive: a.sensitive, Validators: a.textRules(),
		}
	}
}

func providerAttributes(list []attribute) map[string]providerschema.Attribute {
	attributes := map[string]providerschema.Attribute{}
	for _, a := range list {
		attributes[a.name] = a.inProvider()
	}
	return attributes
}

func ephemeralAttributes(list []attribute) map[string]ephemeralschema.Attribute {
	attributes := map[string]ephemeralschema.Attribute{}
	for _, a := range list {
		attributes[a.name] = a.inEphemeral()
	}
	return attributes
}

func dataAttributes(list []attribute) map[string]dataschema.Attribute {
	attributes := map[string]dataschema.Attribute{}
	for _, a := range list {
		attributes[a.name] = a.inData()
	}
	return attributes
}
