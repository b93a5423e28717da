package matrix

import "github.com/vedauth/terraform-provider-vedauth/internal/marked"

// Insert replaces the table of a guide, between the marks of "make matrix". A guide without the marks is an error.
func Insert(guide string) (string, error) { return marked.Insert(guide, "matrix", Markdown()) }
