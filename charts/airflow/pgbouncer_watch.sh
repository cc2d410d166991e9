#!/bin/sh
# Runs PgBouncer on a folder whose files are replaced while it runs, and has it read them again when they are:
#
#     sh pgbouncer_watch.sh FOLDER [SECONDS]
#
# FOLDER holds pgbouncer.ini, users.txt and ca.pem. They are compared every SECONDS (1). Kubernetes replaces all files
# of a volume at once; comparing what is in them needs neither its symbolic links nor inotify, which is not in the image.
#
# TERM ends PgBouncer when the transactions that run are done: as INT, because on TERM it waits until its clients have
# left, and Airflow's never do. The exit status is PgBouncer's own, within SECONDS of its end.
set -eu

folder=$1
pause=${2:-1}

fingerprint() {
    cat "$folder/pgbouncer.ini" "$folder/users.txt" "$folder/ca.pem" | cksum
}

# Before PgBouncer reads them: a change between the two is then seen as one.
seen=$(fingerprint)
pgbouncer "$folder/pgbouncer.ini" &
pooler=$!
trap 'kill -INT "$pooler" 2>/dev/null || true' TERM INT

while kill -0 "$pooler" 2>/dev/null; do
    # In the background, because a shell handles a signal only between two commands.
    sleep "$pause" &
    wait "$!" || true
    now=$(fingerprint)
    if [ "$now" != "$seen" ]; then
        seen=$now
        echo "the files have changed: PgBouncer reads them again" >&2
        kill -HUP "$pooler" 2>/dev/null || true
    fi
done
wait "$pooler"
