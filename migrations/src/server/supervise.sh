# Runs one PostgreSQL server and stops it when nobody holds its lifeline any more.
#
#   sh -c '<this>' supervise <data> <sockets> <log> <lifeline> <linger_s> <keep|wipe> <server command…>
#
# An empty <lifeline> means standard input: a pipe held open by the one process that owns the server. Otherwise it is
# the path of a named pipe that any number of processes may open and write a line to; the server stays until all have
# closed it and <linger_s> seconds have passed without a new one. Closing needs no good will: the kernel does it even
# for a process that was killed.
set -u
umask 077
data=$1 sockets=$2 log=$3 lifeline=$4 linger_s=$5 after=$6
shift 6

exec >>"$log" 2>&1
if [ -n "$lifeline" ]; then
    rm -f "$lifeline"
    mkfifo "$lifeline" || exit 1
    # Opening one end waits for the other, so both are opened at once and the writing one is let go.
    exec 3<>"$lifeline" 4<"$lifeline"
    exec 3>&-
else
    exec 4<&0
fi
exec </dev/null

"$@" 4<&- &
server=$!

drain() {
    seen=
    while read -r line <&4; do seen=yes; done
}

until_nobody_holds_it() {
    [ -n "$lifeline" ] || { drain; return; }
    while :; do
        # A writer of our own keeps the pipe from ending while we linger.
        exec 5>"$lifeline"
        sleep "$linger_s" 4<&- &
        exec 5>&-
        drain
        [ -z "$seen" ] || continue
        # From here on nobody can come in; whoever came in before has written a line.
        mv "$lifeline" "$lifeline.closed"
        drain
        [ -n "$seen" ] || return
        mv "$lifeline.closed" "$lifeline"
    done
}

(
    until_nobody_holds_it
    kill -INT "$server"
    waited_s=0
    while kill -0 "$server" && [ "$waited_s" -lt 20 ]; do
        sleep 1
        waited_s=$((waited_s + 1))
    done
    kill -QUIT "$server"
) 2>/dev/null &
watcher=$!
exec 4<&-

wait "$server"
status=$?
kill "$watcher" 2>/dev/null
[ -z "$lifeline" ] || rm -f "$lifeline" "$lifeline.closed"
rmdir "$sockets" 2>/dev/null
[ "$after" = keep ] || rm -rf "$data"
exit "$status"
