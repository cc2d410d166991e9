# Copies the teams' event logs from Amazon S3 to where the History Server looks, and again every half a minute.
# Needs EVENT_LOGS (s3://bucket/prefix), TEAMS (names, with spaces between them) and FOLDER.

# The folder outlives a container that is killed, for want of memory say. The AWS CLI writes NAME.1a2B3c4D and renames it
# when it is whole: what is left of one would be a second file with the number of the first, and Spark would show nothing
# of that application.
digit='[0-9A-Fa-f]'
unfinished=$digit$digit$digit$digit$digit$digit$digit$digit
rm -f "$FOLDER"/*.$unfinished "$FOLDER"/*/*.$unfinished

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
