//go:build unix

package vedauth

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// hasInput reports whether a connection has something to read, or has come to its end. It does not wait, and reads
// nothing.
func hasInput(conn net.Conn) bool {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	var ready int
	err = raw.Control(func(fd uintptr) {
		ready, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
	})
	return err == nil && ready > 0
}
