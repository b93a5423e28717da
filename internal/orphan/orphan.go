// Package orphan tells a provider process that Terraform is gone.
//
// Terraform stops its providers when it ends, except when it is killed. Then nobody stops them, their log has no reader,
// and the first write to it would end them by a broken pipe, with tokens still live on the server. Watch makes such a
// process live just long enough to clean up.
package orphan

import (
	"os"
	"os/signal"
)

// Watch calls gone, in a goroutine, once the process that started this one has ended.
//
// Until then the signals that a terminal or a service manager sends to the whole process group do not end this process:
// Terraform gets them too, stops by itself, and still needs its tokens for that.
func Watch(gone func()) {
	ignoreBrokenPipe()
	// Received and dropped. (Ignored signals would stay ignored in processes that this one starts.)
	signal.Notify(make(chan os.Signal, 1), stopSignals...)
	wait := watchParent()
	go func() {
		wait()
		gone()
	}()
}

// OnStop calls stop, in a goroutine, at the first of those signals: for a process that nobody watches over, such as one
// that was started for a debugger.
func OnStop(stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, stopSignals...)
	go func() {
		<-signals
		stop()
	}()
}
