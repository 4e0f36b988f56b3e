package extract

// Spoil changes a byte of what is kept.
func (k *Kept) Spoil(at int64) error {
	_, err := k.file.WriteAt([]byte{'?'}, at)
	return err
}
