package matrix

// Disk is what is wrong with the token store on the disk.
type Disk int

// The faults of a disk. The grant's file and its lock file are named by the provider; all else is the user's doing.
const (
	Sound Disk = iota
	DirectoryIsFile
	DirectoryIsLink
	DirectoryIsOpen // to the group
	DirectoryUnmade // it is not there and cannot be made
	DirectoryUnwritable
	GrantIsGarbled
	GrantIsNewer
	GrantIsOpen // to everybody
	GrantIsLink
	GrantIsDirectory
	GrantIsAnothers
	LockIsLink
	LockIsDirectory
	LockIsHeld
	// LostBefore and LostMeanwhile: the directory is lost behind the provider's first look at it, when the server is looked
	// at, and when the server gives the tokens.
	LostBefore
	LostMeanwhile
)

// OnWindows reports whether Windows has the fault: there the mode of a file means nothing, and a directory stays where it
// is while a file in it is open.
func (d Disk) OnWindows() bool {
	switch d {
	case DirectoryIsOpen, GrantIsOpen, DirectoryUnwritable, LostBefore, LostMeanwhile:
		return false
	default:
		return true
	}
}

// diskFaults are those of the token store. Each says what the message has of the fault and of its remedy. A directory
// that cannot be made cannot be read, or not be written, by who looks at it first.
var diskFaults = []Fault{
	{Name: "no fault"},
	unusable(DirectoryIsFile, "the directory is a file", "is not a directory. Set token_store.path to one"),
	unusable(DirectoryIsLink, "the directory is a symbolic link", "is a symbolic link. Set token_store.path to"),
	unusable(DirectoryIsOpen, "the directory is open to others", "other users can get at the tokens in it. ", "run: chmod 700"),
	unusable(DirectoryUnmade, "the directory cannot be made", "cannot be ", "Set token_store.path to a directory"),
	unusable(DirectoryUnwritable, "the directory cannot be written", "cannot be written", "Set token_store.path to a directory"),
	{Name: "the grant's file is garbage", Class: Spoilt, Disk: GrantIsGarbled, Says: "could not be read as a stored grant. It was moved to"},
	unusable(GrantIsNewer, "the grant's file is of a later version", "written by a later version", "Use that version"),
	unusable(GrantIsOpen, "the grant's file is open to others", "other users can get at the tokens in it. ", "run: chmod 600"),
	unusable(GrantIsLink, "the grant's file is a symbolic link", "follows none. Put the file itself there"),
	unusable(GrantIsDirectory, "the grant's file is a directory", "is not a regular file. Remove it"),
	unusable(GrantIsAnothers, "the grant's file is another's", "holds the grant of another server", "Remove it if it was copied"),
	unusable(LockIsLink, "the lock file is a symbolic link", "follows none. Put the file itself there"),
	unusable(LockIsDirectory, "the lock file is a directory", "is not a regular file. Remove it"),
	unusable(LockIsHeld, "another run holds the grant for longer than lock_timeout", "Nothing was sent to the server. Try again when",
		"token_store.lock_timeout"),
	unusable(LostBefore, "the directory is lost before anything is spent", "cannot be written", "Set token_store.path to a directory"),
	{Name: "the directory is lost while the server answers", Class: Unkept, Disk: LostMeanwhile},
}

func unusable(disk Disk, name, says string, remedy ...string) Fault {
	return Fault{Name: name, Class: Unusable, Disk: disk, Says: says, Remedy: remedy}
}

// keeps is the token store, which is looked at before anything is spent: what is wrong with it costs no request and no
// token, and whoever mends it goes on where they were.
func keeps(c Cell) Outcome {
	f := c.Fault
	needed := 1
	if c.Grant == Remembered {
		needed = 2 // for the code, and with it
	}
	switch {
	case f.Class == Unusable:
		return Outcome{End: Fails, Recovers: true}.says(f.Says).says(f.Remedy...)
	case f.Class == Unkept && c.Grant == Remembered: // a grant that nobody can keep is revoked
		return Outcome{End: Fails, Min: needed, Max: needed, Recovers: true}.says("is not a directory", undone)
	case f.Class == Unkept: // this run has its token, and stores the grant when that is possible
		return Outcome{End: Warns, Min: needed, Max: needed, Recovers: true}.says("could not be saved", "tries again when it ends")
	case f.Class == Spoilt && c.Grant == Stored: // what is configured has been used up, which the server says
		return Outcome{End: Fails, Min: 1, Max: 1, Left: true}.says(f.Says, "The server refused")
	case f.Class == Spoilt: // there is another way to a grant
		return Outcome{End: Warns, Min: needed, Max: needed, Recovers: true}.says(f.Says)
	default:
		return Outcome{End: Works, Min: needed, Max: needed, Recovers: true}
	}
}
