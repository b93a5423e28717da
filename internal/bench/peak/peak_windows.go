package main

import "os"

// peakOf is not told here.
func peakOf(*os.ProcessState) int64 { return 0 }
