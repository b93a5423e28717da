// Package bench measures what the provider costs, beside what an empty provider costs and beside the other ways to get
// a token in Terraform.
//
// Everything is measured in turns: each round measures each probe once, so that a machine that becomes slower in the
// middle slows all of them alike. What counts are the ratios; the times are those of one machine on one day.
package bench
