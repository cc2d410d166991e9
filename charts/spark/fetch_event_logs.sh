# Copies the teams' event logs from Amazon S3 to where the History Server looks, and again every half a minute.
# Needs EVENT_LOGS (s3://bucket/prefix), TEAMS (names, with spaces between them) and FOLDER.
while true; do
  for team in $TEAMS; do
    aws s3 sync --only-show-errors "$EVENT_LOGS/$team" "$FOLDER"
  done
  # Spark marks a log of an application that runs, and renames the mark when it ends; a copy of the old one may be left.
  for mark in "$FOLDER"/*/appstatus_*.inprogress; do
    if [ -e "${mark%.inprogress}" ]; then rm -f "$mark"; fi
  done
  sleep 30
done
