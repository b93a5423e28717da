// Command bench measures what the provider costs, and prints it as Markdown or puts it into a guide.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"

	"github.com/vedauth/terraform-provider-vedauth/internal/bench"
	"github.com/vedauth/terraform-provider-vedauth/internal/marked"
)

func main() {
	var options bench.Options
	flag.IntVar(&options.Rounds, "rounds", 15, "how often everything is measured")
	flag.StringVar(&options.Released.HTTP, "http", "", "file of the released provider hashicorp/http; empty installs it")
	flag.StringVar(&options.Released.External, "external", "", "file of the released provider hashicorp/external; empty installs it")
	only := flag.String("plans", "", "a regular expression; plans whose names it does not match are left out")
	var files outputs
	flag.StringVar(&files.guide, "guide", "", "a Markdown file; the table in it, between the marks, is replaced")
	flag.StringVar(&files.plot, "plot", "", "a file to draw the times of the plans into, as SVG")
	weight := flag.Bool("weight", false, "only say what each module adds to the size of the program")
	flag.Parse()
	options.Progress = os.Stderr
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := error(nil)
	if *weight {
		err = weigh(ctx)
	} else {
		err = run(ctx, options, *only, files)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func weigh(ctx context.Context) error {
	list, err := bench.Weigh(ctx)
	if err == nil {
		_, err = os.Stdout.WriteString(bench.WeightTable(list))
	}
	return err
}

// outputs are the files that are written beside standard output; empty ones are not.
type outputs struct{ guide, plot string }

func run(ctx context.Context, options bench.Options, only string, files outputs) error {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	options.Only = pattern.MatchString
	results, err := bench.Run(ctx, options)
	if err != nil {
		return err
	}
	if _, err = os.Stdout.WriteString(results.Markdown()); err != nil {
		return err
	}
	if files.plot != "" {
		if err := os.WriteFile(files.plot, []byte(results.Plot()), 0o644); err != nil {
			return err
		}
	}
	if files.guide == "" {
		return nil
	}
	page, err := os.ReadFile(files.guide)
	if err != nil {
		return err
	}
	updated, err := marked.Insert(string(page), "bench", results.Markdown())
	if err != nil {
		return fmt.Errorf("%s: %w", files.guide, err)
	}
	return os.WriteFile(files.guide, []byte(updated), 0o644)
}
