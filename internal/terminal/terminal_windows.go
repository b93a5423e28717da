package terminal

const deviceName = "CONOUT$"
