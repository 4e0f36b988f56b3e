# Starts a MariaDB server on a socket in DIR: mysql_import.sh start DIR
# Reads a dump into it: mysql_import.sh load DIR FILE
# Ends it: mysql_import.sh stop DIR
set -eu
dir=$2
client() { mariadb --no-defaults --socket="$dir/socket" "$@"; }
case $1 in
start)
  mkdir -p "$dir/data"
  user=$(id -un)
  mariadb-install-db --no-defaults --datadir="$dir/data" --user="$user" --auth-root-authentication-method=normal >"$dir/install.log" 2>&1
  # As fast as it goes: nothing is synced, and the redo log and the buffer pool hold all of it.
  nohup mariadbd --no-defaults --datadir="$dir/data" --user="$user" --socket="$dir/socket" --skip-networking --pid-file="$dir/pid" \
    --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=1G --innodb-log-file-size=512M --innodb-doublewrite=0 --skip-log-bin \
    --max-allowed-packet=64M >"$dir/server.log" 2>&1 </dev/null &
  for _ in $(seq 100); do
    client -e 'SELECT 1' >/dev/null 2>&1 && exit 0
    sleep 0.3
  done
  tail -3 "$dir/server.log" >&2
  exit 1
  ;;
load)
  client -e 'DROP DATABASE IF EXISTS bench; CREATE DATABASE bench'
  client --max-allowed-packet=64M bench <"$3"
  client -N bench -e 'SELECT COUNT(*) FROM observations'
  ;;
stop)
  kill "$(cat "$dir/pid")"
  while [ -e "$dir/pid" ]; do sleep 0.1; done
  ;;
esac
