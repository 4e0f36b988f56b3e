package disk

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// CanLock says that a lock which is free tells that nobody is at work.
const CanLock = true

// Lock takes the lock on a file, which ends with the process, or returns
// ErrLocked. Folders have none: that is another error. The lock lies behind the
// end of any file, as what it covers can be read by nobody else.
func Lock(f *os.File) error {
	at := windows.Overlapped{OffsetHigh: 1 << 30}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrLocked
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return nil
}

// SyncFolder does nothing: Windows writes the names of files down by itself,
// and has no way of waiting for that.
func SyncFolder(string) error { return nil }

// Temp makes a file in dir, or in the system's folder where dir is empty, that
// is gone when it is closed or the process ends, also by a kill: no patient's
// name stays behind.
func Temp(dir, pattern string) (*os.File, error) {
	f, err := os.CreateTemp(dir, pattern) // finds a name that nobody has
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	name, err := windows.UTF16PtrFromString(f.Name())
	if err != nil {
		return nil, err
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE|windows.DELETE, windows.FILE_SHARE_DELETE, nil,
		windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_TEMPORARY|windows.FILE_FLAG_DELETE_ON_CLOSE, 0)
	if err != nil {
		return nil, errors.Join(&os.PathError{Op: "open", Path: f.Name(), Err: err}, os.Remove(f.Name()))
	}
	return os.NewFile(uintptr(h), f.Name()), nil
}

func full() []syscall.Errno {
	return []syscall.Errno{windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED, windows.ERROR_FILE_TOO_LARGE}
}
