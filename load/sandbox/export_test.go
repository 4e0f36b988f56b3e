package sandbox

import (
	"context"
	"fmt"
)

// LimitPages makes the database full at so many pages, as a disk would.
func LimitPages(s *Server, pages int) error {
	_, err := s.store.conn.ExecContext(context.Background(), fmt.Sprintf("PRAGMA max_page_count = %d", pages))
	return err
}
