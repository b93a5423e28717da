//go:build unix

package terminal

const deviceName = "/dev/tty"
